import type { ChatFormat } from './format.ts';
import { hermes } from './hermes.ts';
import { deepseekV32, deepseekV4, deepseekV41 } from './deepseek-dsml.ts';
import { glm45, glm47 } from './glm.ts';
import { minimax } from './minimax.ts';
import { qwenXml } from './qwen-xml.ts';
import { seedOss } from './seed-oss.ts';
import { deepseekR1, deepseekV31 } from './deepseek.ts';
import { apriel } from './apriel.ts';
import { mirothinker } from './mirothinker.ts';
import { functionGemma, gemma4 } from './gemma4.ts';
import { apertus } from './apertus.ts';
import { cohere2Moe } from './cohere2-moe.ts';
import { commandR } from './command-r.ts';
import { commandR7b } from './command-r7b.ts';
import { ernie } from './ernie.ts';
import { firefunction } from './firefunction.ts';
import { functionaryRecipients } from './functionary-recipients.ts';
import { functionaryTags } from './functionary-tags.ts';
import { gigachat30, gigachat31 } from './gigachat.ts';
import { granite } from './granite.ts';
import { harmony } from './harmony.ts';
import { hunyuan } from './hunyuan.ts';
import { kimi } from './kimi.ts';
import { lfm2 } from './lfm2.ts';
import { llama3 } from './llama3.ts';
import { llama4 } from './llama4.ts';
import { mistralArgs } from './mistral-args.ts';
import { mistralList } from './mistral-list.ts';
import { pythonic } from './pythonic.ts';
import { smollm3 } from './smollm3.ts';
import { plain } from './plain.ts';
import { derivedFormat } from './derived/derived-format.ts';
import type { TemplateLayout } from './derived/layout.ts';

/** Known families. The first one that recognizes a template is used; the last one recognizes any. */
export const FORMATS: readonly ChatFormat[] = [
  hermes,
  deepseekV32,
  deepseekV4,
  deepseekV41,
  glm45,
  glm47,
  minimax,
  qwenXml,
  seedOss,
  deepseekR1,
  deepseekV31,
  apriel,
  mirothinker,
  gemma4,
  functionGemma,
  llama3,
  llama4,
  mistralList,
  mistralArgs,
  harmony,
  kimi,
  granite,
  functionaryTags,
  functionaryRecipients,
  firefunction,
  commandR,
  commandR7b,
  cohere2Moe,
  lfm2,
  apertus,
  gigachat30,
  gigachat31,
  smollm3,
  ernie,
  hunyuan,
  pythonic,
  plain,
];

/**
 * Family of a chat template (Jinja source).
 *
 * @param layout layout that its renderings show, for a template of no known family
 */
export function chooseFormat(template: string, layout?: TemplateLayout): ChatFormat {
  const known = FORMATS.find((format) => format.recognises(template)) ?? plain;
  return known === plain && layout !== undefined ? derivedFormat(layout) : known;
}

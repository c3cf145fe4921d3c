import type { ChatFormat } from '../format.ts';
import { hermes } from './hermes.ts';
import { deepseekV32, deepseekV4 } from './deepseek-dsml.ts';
import { glm45, glm47 } from './glm.ts';
import { minimax } from './minimax.ts';
import { qwenXml } from './qwen-xml.ts';
import { seedOss } from './seed-oss.ts';
import { deepseekR1, deepseekV31 } from './deepseek.ts';
import { apriel } from './apriel.ts';
import { mirothinker } from './mirothinker.ts';
import { gemma4 } from './gemma4.ts';
import { plain } from './plain.ts';

/** The known families, the first that recognises a template wins; the last takes any. */
export const FORMATS: readonly ChatFormat[] = [
  hermes,
  deepseekV32,
  deepseekV4,
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
  plain,
];

/** The family that a chat template (Jinja source) belongs to. */
export function chooseFormat(template: string): ChatFormat {
  return FORMATS.find((format) => format.recognises(template)) ?? plain;
}

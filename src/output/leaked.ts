import { parseJson } from '../core/json.ts';
import type { CallableTool, ChatFormat, ToolSyntax } from '../formats/format.ts';
import { apertus } from '../formats/apertus.ts';
import { apriel } from '../formats/apriel.ts';
import { commandR7b } from '../formats/command-r7b.ts';
import { deepseekV32, deepseekV4, deepseekV41 } from '../formats/deepseek-dsml.ts';
import { deepseekV31 } from '../formats/deepseek.ts';
import { fencedCall } from '../formats/fenced-call.ts';
import { firefunction } from '../formats/firefunction.ts';
import { functionCall } from '../formats/function-call.ts';
import { leakedRecipients } from '../formats/functionary-recipients.ts';
import { functionaryTags } from '../formats/functionary-tags.ts';
import { functionGemma, gemma4 } from '../formats/gemma4.ts';
import { gigachat31 } from '../formats/gigachat.ts';
import { glm45 } from '../formats/glm.ts';
import { granite } from '../formats/granite.ts';
import { leakedHarmony } from '../formats/harmony.ts';
import { hermes } from '../formats/hermes.ts';
import { hunyuan } from '../formats/hunyuan.ts';
import { kimi } from '../formats/kimi.ts';
import { lfm2 } from '../formats/lfm2.ts';
import { leakedLlama3 } from '../formats/llama3.ts';
import { leakedLlama4 } from '../formats/llama4.ts';
import { minimax } from '../formats/minimax.ts';
import { mirothinker } from '../formats/mirothinker.ts';
import { mistralArgs } from '../formats/mistral-args.ts';
import { mistralList } from '../formats/mistral-list.ts';
import { plain } from '../formats/plain.ts';
import { pythonic } from '../formats/pythonic.ts';
import { qwenXml } from '../formats/qwen-xml.ts';
import { isDefinition } from '../formats/repair/schema-types.ts';
import { seedOss } from '../formats/seed-oss.ts';
import { takeClosing } from '../formats/shared/calls.ts';
import type { OutputPiece, Reading, Source } from '../formats/shared/reader.ts';
import { bufferPieces } from './buffer-pieces.ts';

/** Families whose calls begin with a distinctive trigger, or with the name of a tool. Several may share a trigger. */
const FAMILIES: readonly ChatFormat[] = [
  hermes,
  qwenXml,
  glm45,
  mistralList,
  mistralArgs,
  kimi,
  minimax,
  deepseekV31,
  deepseekV32,
  deepseekV4,
  deepseekV41,
  seedOss,
  granite,
  gemma4,
  functionGemma,
  hunyuan,
  lfm2,
  apriel,
  apertus,
  commandR7b,
  firefunction,
  functionaryTags,
  gigachat31,
  mirothinker,
  pythonic,
];

type Syntax = Omit<ToolSyntax, 'grammar'>;

const SYNTAXES: readonly Syntax[] = [
  ...FAMILIES.flatMap(({ tools }) => tools ?? []),
  leakedLlama3,
  leakedLlama4,
  leakedHarmony,
  leakedRecipients,
  fencedCall,
  functionCall,
];

/** Marks that close calls. Right after a call they are no text, although it is closed already. */
const CLOSINGS = [...new Set(SYNTAXES.flatMap(({ closings }) => closings ?? []))];

/** Limit of characters per answer that failed reads may reread: a model can repeat the start of a call forever. */
const MOST_REREAD = 500_000;

/** Limit of triggers per answer that no call follows, for the same reason. */
const MOST_FAILED = 100;

/** Failed reads of each answer. */
const failures = new WeakMap<Source, number>();

/**
 * Format for text of a server that failed to separate thinking and calls from text. Only a complete call
 * counts; anything else stays text.
 */
export const leaked: ChatFormat = {
  ...plain,
  name: 'leaked',
  thinking: { open: '<think>', close: '</think>', later: 'blocks' },
  mayQuoteCalls: true,
  tools: {
    triggers: [...new Set(SYNTAXES.flatMap(({ triggers }) => triggers))],
    triggersAtStart: (tools) => SYNTAXES.flatMap((syntax) => syntax.triggersAtStart?.(tools) ?? []),
    *read(source, tools, trigger) {
      const failed = failures.get(source) ?? 0;
      if (source.reread > MOST_REREAD || failed >= MOST_FAILED) return false;
      const place = source.place;
      for (const syntax of syntaxesOf(tools).get(trigger) ?? []) {
        if (yield* readComplete(source, syntax.read(source, tools, trigger), tools)) {
          while ((yield* takeClosing(source, ...CLOSINGS)) !== undefined);
          return true;
        }
        source.rewind(place);
      }
      failures.set(source, failed + 1);
      return false;
    },
    grammar: () => {
      throw new Error('Leaked calls have no grammar: they are parsed from the text of servers.');
    },
  },
};

/** Syntaxes by trigger. Cached per list of tools, which may contain thousands. */
const syntaxes = new WeakMap<readonly CallableTool[], ReadonlyMap<string, readonly Syntax[]>>();

function syntaxesOf(tools: readonly CallableTool[]): ReadonlyMap<string, readonly Syntax[]> {
  const known = syntaxes.get(tools);
  if (known !== undefined) return known;
  const found = new Map<string, Syntax[]>();
  for (const syntax of SYNTAXES) {
    const triggers = new Set([...syntax.triggers, ...(syntax.triggersAtStart?.(tools) ?? [])]);
    for (const trigger of triggers) found.set(trigger, [...(found.get(trigger) ?? []), syntax]);
  }
  syntaxes.set(tools, found);
  return found;
}

/** Reads calls, and yields them only if all of them are complete, and none is the definition of a tool. */
function* readComplete(
  source: Source,
  reading: Reading<boolean>,
  tools: readonly CallableTool[],
): Reading<boolean> {
  const pieces: OutputPiece[] = [];
  const isRead = yield* bufferPieces(source, reading, pieces);
  const begun = pieces.filter(({ type }) => type === 'call-start').length;
  const ended = pieces.filter(({ type }) => type === 'call-end').length;
  if (!isRead || begun === 0 || begun !== ended || defines(pieces, tools)) return false;
  yield* pieces;
  return true;
}

/** Returns true if one of the calls has a schema as its arguments, as the definition of a tool has. */
function defines(pieces: readonly OutputPiece[], tools: readonly CallableTool[]): boolean {
  let schema: unknown;
  let json = '';
  return pieces.some((piece) => {
    if (piece.type === 'call-start') {
      schema = tools.find(({ name }) => name === piece.name)?.inputSchema;
      json = '';
    } else if (piece.type === 'call-json') json += piece.json;
    return piece.type === 'call-end' && isDefinition(parseJson(json), schema);
  });
}

import type { Capabilities } from '../../core/backend.ts';
import { formatSize } from '../../units/size.ts';
import type { ModelCard } from './card.ts';

/** Rows of the table that `portico show` prints, without unknown fields. */
export function rowsOf(card: ModelCard): readonly (readonly string[])[] {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['name', card.name],
    ['title', card.title],
    ['description', card.description],
    ['architecture', card.architecture],
    ['parameters', card.parameters === undefined ? undefined : formatCount(card.parameters)],
    ['quantization', card.quantization],
    ['context', formatTokens(card.context)],
    ['trained on', formatTokens(card.trainedContext)],
    ['chat template', card.templateFamily],
    ['capabilities', card.capabilities && describeCapabilities(card.capabilities, card.injected)],
    ['license', card.license],
    ['backend', card.backend],
    ['engine', card.engine],
    ['upstream', card.upstream],
    ['url', card.url],
    ['servers', card.servers?.join(', ')],
    ['file', card.file],
    ['projector', card.projector],
    ['source', card.source],
    ['size', card.fileBytes === undefined ? undefined : formatSize(card.fileBytes)],
    [
      'memory',
      card.memoryBytes === undefined ? undefined : `about ${formatSize(card.memoryBytes)}`,
    ],
    ['flash attention', card.flashAttention],
    ['status', card.status],
    ['entry', card.location],
  ];
  return rows.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]));
}

function formatTokens(tokens: number | undefined): string | undefined {
  return tokens === undefined ? undefined : `${tokens} tokens`;
}

/** Formats a number of parameters like `30.5 B`. */
function formatCount(count: number): string {
  const [unit, size] = count >= 1e9 ? (['B', 1e9] as const) : (['M', 1e6] as const);
  return `${Number((count / size).toPrecision(3))} ${unit}`;
}

const THINKING = {
  none: [],
  switchable: ['thinking'],
  always: ['thinking (always)'],
} as const satisfies Record<Capabilities['thinking'], readonly string[]>;

const BY_INSTRUCTIONS = ' (by instructions)';

function describeCapabilities(
  can: Capabilities,
  injected: ModelCard['injected'],
): string | undefined {
  if (can.chats === false) return undefined;
  const tools = injected?.tools === true ? `tools${BY_INSTRUCTIONS}` : 'tools';
  const thinking =
    injected?.thinking === true ? [`thinking${BY_INSTRUCTIONS}`] : THINKING[can.thinking];
  const said = [
    'text',
    ...thinking,
    ...(can.tools === 'none' ? [] : [tools]),
    ...(can.structuredOutput ? ['structured output'] : []),
    ...(can.images ? ['images'] : []),
    ...(can.documents ? ['documents'] : []),
    ...(can.citations ? ['citations'] : []),
  ];
  return said.join(', ');
}

import { existsSync } from 'node:fs';
import type { Capabilities } from '../../core/backend.ts';
import { completesNothing, noChatTemplate, RuntimeFailure } from '../../core/failure.ts';
import { formatSize } from '../../units/size.ts';
import { askedName, isSettled, withDiscovered } from '../../registry/discovered.ts';
import { loadRegistry } from '../../registry/load.ts';
import { lookUp } from '../../registry/lookup.ts';
import { unknownModel } from '../../registry/resolve.ts';
import { pullCommand } from '../../registry/status.ts';
import type { CliContext } from '../context.ts';
import type { RegistryFlags } from '../declarations/declaration.ts';
import { discoverModels } from '../discovered.ts';
import { describe } from '../model-card.ts';
import type { ModelCard } from '../model-card.ts';
import { readableFiles } from '../registry-files.ts';
import { warn, writeJson } from '../ui/report.ts';
import { printTable } from '../ui/table.ts';

/** `portico show`: describes a model by its file, or by what models.yaml says of it. */
export async function show(
  name: string,
  flags: RegistryFlags,
  context: CliContext,
): Promise<number> {
  const own = await loadRegistry(readableFiles(flags.models, context.environment));
  const registry = isSettled(own, name, existsSync)
    ? own
    : withDiscovered(own, await discoverModels(context, askedName(own, name)), existsSync);
  const lookup = lookUp(registry, name);
  if (!lookup.found) throw new RuntimeFailure('model-not-found', unknownModel(registry, name));
  const card = await describe(lookup.model, flags, context);
  if (flags.json === true) writeJson(card, context);
  else printTable(rowsOf(card), context);
  if (card.status === 'ready' && card.templateFamily === undefined) {
    warn(noChatTemplate(card.name).message, context);
  }
  if (card.capabilities?.chats === false) warn(completesNothing(card.name).message, context);
  if (card.status === 'not downloaded') {
    warn(`It is not downloaded yet; get it with: ${pullCommand(lookup.model)}`, context);
  }
  return 0;
}

function rowsOf(card: ModelCard): readonly (readonly string[])[] {
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
    ['status', card.status],
    ['entry', card.location],
  ];
  return rows.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]));
}

function formatTokens(tokens: number | undefined): string | undefined {
  return tokens === undefined ? undefined : `${tokens} tokens`;
}

/** `30.5 B`, as the names of models have it. */
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

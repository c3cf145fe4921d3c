import { existsSync, statSync } from 'node:fs';
import type { EntryDescription } from '../../backends/definition.ts';
import { definitionOf } from '../../backends/index.ts';
import { FileFactsCache } from '../../backends/local/model/file-facts-cache.ts';
import type { FileFacts } from '../../backends/local/model/file-facts.ts';
import { resolvePaths } from '../../config/paths.ts';
import type { ModelSpec } from '../../core/model.ts';
import { shownUrl } from '../../net/http-client.ts';
import { withTimeout } from '../../net/timeouts.ts';
import { listedDefault, lookUp } from '../../registry/lookup.ts';
import type { Registry, RegistryModel } from '../../registry/registry.ts';
import { statusOf } from '../../registry/status.ts';
import { formatSize } from '../../units/size.ts';
import type { CliContext } from '../context.ts';

/** Timeout for reading files whose metadata is not cached. */
const READ_TIMEOUT_MS = 5_000;

const HEADER = ['NAME', 'BACKEND', 'SIZE', 'STATUS', 'WHERE'];

type Row = readonly [name: string, backend: string, size: string, status: string, where: string];

/** Findings about models that their entries do not have. */
interface Findings {
  readonly files: ReadonlyMap<string, FileFacts>;
  readonly mute: ReadonlySet<string>;
}

/** Rows of the table that `portico ls` prints: models, then aliases. */
export function registryRows(
  registry: Registry,
  findings: Findings,
  context: CliContext,
): readonly (readonly string[])[] {
  const usual = listedDefault(registry, registry.defaultModel);
  const marked = (name: string): string => (name === usual ? `${name} (default)` : name);
  const models = [...registry.models].map(([name, model]): Row => {
    const size = sizeOf(model);
    return [
      marked(name),
      model.spec.backend,
      size === undefined ? '-' : formatSize(size),
      chatProblem(name, findings) ?? shownStatus(model, findings.files.get(name)),
      placeOf(model, context),
    ];
  });
  const aliases = [...registry.aliases.keys()].flatMap((name): readonly Row[] => {
    const target = lookUp(registry, name);
    return target.found
      ? [[marked(name), target.model.spec.backend, '-', `alias of ${target.model.spec.name}`, '-']]
      : [];
  });
  return [HEADER, ...models, ...aliases];
}

/** Reason why a model can't chat; undefined if none is known. */
export function chatProblem(name: string, { files, mute }: Findings): string | undefined {
  if (mute.has(name)) return "can't chat";
  const facts = files.get(name);
  return facts && hasTemplate(facts) === false ? 'no chat template' : undefined;
}

/** Returns true if a file has a chat template, so that its model can chat; undefined if it can't be used. */
function hasTemplate({ problem, thinking }: FileFacts): boolean | undefined {
  return problem === undefined ? thinking !== undefined : undefined;
}

/** File or servers of a model; `-` if it is not downloaded. */
function placeOf({ spec }: RegistryModel, context: CliContext): string {
  const { file, url } = spec;
  if (file !== undefined) return existsSync(file) ? file : '-';
  const { servers, defaultServer = '-' } = describeEntry(spec, context);
  return (servers ?? [url ?? defaultServer])
    .map((one) => (/^https?:/.test(one) && URL.canParse(one) ? shownUrl(one) : one))
    .join(', ');
}

/** Describes the registry as data for programs. A model's settings are those of models.yaml. */
export function describeRegistry(
  registry: Registry,
  findings: Findings,
  context: CliContext,
): unknown {
  return {
    default: registry.defaultModel,
    models: [...registry.models.values()].map((model) => ({
      ...describeEntry(model.spec, context).entry,
      ...describeState(model, findings),
    })),
    aliases: Object.fromEntries(registry.aliases),
    problems: registry.problems,
  };
}

function describeEntry(spec: ModelSpec, { backends, environment }: CliContext): EntryDescription {
  const { name, backend } = spec;
  const definition = definitionOf(spec, backends);
  return definition?.describeEntry(spec, environment) ?? { entry: { name, backend } };
}

function describeState(model: RegistryModel, { files, mute }: Findings) {
  const { name } = model.spec;
  const facts = files.get(name);
  return {
    status: shownStatus(model, facts),
    problem: facts?.problem,
    ...(mute.has(name) && { chats: false }),
    chatTemplate: facts && hasTemplate(facts),
    description: model.description,
    source: model.source,
    sizeBytes: sizeOf(model),
    memoryBytes: model.memoryBytes,
    shipped: model.shipped,
    location: model.location,
  };
}

/** Status of a model; `unreadable` if its file can't be used, `not a file` if its path is a folder or a pipe. */
function shownStatus(model: RegistryModel, facts: FileFacts | undefined): string {
  const { file } = model.spec;
  const found = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false });
  if (found?.isFile() === false) return 'not a file';
  return facts?.problem === undefined ? statusOf(model, existsSync) : 'unreadable';
}

/** Size of a model's file, or of the one to download. */
function sizeOf(model: RegistryModel): number | undefined {
  const { file } = model.spec;
  const found = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false });
  return found?.isFile() === true ? found.size : model.sizeBytes;
}

/** Facts of the files that are here, by model, as far as they are found out in time. */
export async function fileFacts(
  { models }: Pick<Registry, 'models'>,
  { environment }: CliContext,
): Promise<ReadonlyMap<string, FileFacts>> {
  const cache = new FileFactsCache({ folder: resolvePaths(environment).dataFolder });
  const found = new Map<string, FileFacts>();
  const reading = [...models].map(async ([name, model]) => {
    const { file, template } = model.spec;
    if (file === undefined || statusOf(model, existsSync) !== 'ready') return;
    const facts = await cache.read({ file, template });
    if (facts !== undefined) found.set(name, facts);
  });
  await withTimeout(Promise.all(reading), READ_TIMEOUT_MS);
  await cache.close();
  return new Map(found);
}

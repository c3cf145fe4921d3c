import { messageOf, RuntimeFailure } from '../core/failure.ts';
import { readRegularFileSync } from '../core/regular-file.ts';
import type { McpCommand } from '../core/mcp.ts';
import type { Sampling } from '../core/model.ts';
import { describeIssues } from './describe-issues.ts';
import { locate, plainValue } from './document.ts';
import type { RegistryDocument } from './document.ts';
import { isInlineTemplate, pulledFile, resolveFile, withPaths } from './files.ts';
import type { FilePlaces } from './files.ts';
import type { RegistryModel } from './registry.ts';
import { describeReplaced, withReplacements } from './replaced-fields.ts';
import { kindSchema, mcpSchema, outlineSchema } from './schema.ts';
import type { EntriesByKind, RegistryEntry } from './schema.ts';
import { append } from '../core/lists.ts';

/** Reference from one name to another, with its location. */
export interface Reference {
  readonly target: string;
  readonly location: string;
}

/** Entries of one models.yaml, before the overlay. */
export interface FileEntries {
  readonly defaultModel: Reference | undefined;
  readonly models: ReadonlyMap<string, RegistryModel>;
  readonly aliases: ReadonlyMap<string, Reference>;
  readonly mcp: ReadonlyMap<string, McpCommand>;
  readonly problems: readonly string[];
}

/** Context of the entries of one file. */
export interface EntryContext {
  readonly places: FilePlaces;
  /** True for the file that comes with Portico. */
  readonly shipped: boolean;
  readonly entries: EntriesByKind;
}

const KNOWN_KEYS = ['default', 'models', 'aliases', 'mcp'];

/**
 * Reads the entries of one file. An invalid entry becomes a problem, and the others stay. Throws
 * `invalid-request` with `file:line:column` if the document's structure is wrong.
 */
export function readEntries(document: RegistryDocument, context: EntryContext): FileEntries {
  const value = plainValue(document);
  const outline = outlineSchema.safeParse(value ?? {});
  if (!outline.success) {
    const [first] = describeIssues(outline.error, document, [], context.entries);
    throw new RuntimeFailure('invalid-request', first ?? document.path);
  }
  const problems = Object.keys(outline.data)
    .filter((key) => !KNOWN_KEYS.includes(key))
    .map((key) => `${locate(document, [key], 'key')}: '${key}' is none of ${listed(KNOWN_KEYS)}`);

  const models = new Map<string, RegistryModel>();
  for (const [name, written] of Object.entries(outline.data.models ?? {})) {
    const path = ['models', name];
    const entry = parseEntry(written, context.entries);
    if (entry.success) {
      const model = toModel(name, entry.data, context, locate(document, path, 'key'));
      if (typeof model !== 'string') {
        models.set(name, model);
        const { replaced = {} } = context.entries.get(entry.data.backend) ?? {};
        append(problems, describeReplaced(entry.data, replaced, document, path));
      } else {
        problems.push(`${locate(document, [...path, 'template'], 'value')}: ${model}`);
      }
    } else {
      append(problems, describeIssues(entry.error, document, path, context.entries));
    }
  }
  const aliases = readAliases(document, outline.data.aliases ?? {}, problems);
  const mcp = readPrograms(document, outline.data.mcp ?? {}, context, problems);
  const defaultModel = readDefault(document, outline.data.default);
  return { defaultModel, models, aliases, mcp, problems };
}

function readPrograms(
  document: RegistryDocument,
  written: Readonly<Record<string, unknown>>,
  { entries }: EntryContext,
  problems: string[],
): ReadonlyMap<string, McpCommand> {
  const programs = new Map<string, McpCommand>();
  for (const [name, value] of Object.entries(written)) {
    const program = mcpSchema.safeParse(value);
    if (program.success) programs.set(name, program.data);
    else append(problems, describeIssues(program.error, document, ['mcp', name], entries));
  }
  return programs;
}

function readAliases(
  document: RegistryDocument,
  written: Readonly<Record<string, unknown>>,
  problems: string[],
): ReadonlyMap<string, Reference> {
  const aliases = new Map<string, Reference>();
  for (const [name, target] of Object.entries(written)) {
    if (typeof target === 'string' && target.trim() !== '') {
      const location = locate(document, ['aliases', name], 'key');
      aliases.set(name, { target: target.trim(), location });
    } else {
      const location = locate(document, ['aliases', name], 'value');
      problems.push(`${location}: alias '${name}' must be the name of a model`);
    }
  }
  return aliases;
}

function readDefault(
  document: RegistryDocument,
  target: string | null | undefined,
): Reference | undefined {
  return typeof target === 'string'
    ? { target, location: locate(document, ['default'], 'value') }
    : undefined;
}

/** Checks an entry by the schema of its backend. */
function parseEntry(written: unknown, entries: EntriesByKind) {
  const kind = kindSchema([...entries.keys()]).safeParse(written);
  if (!kind.success) return kind;
  const { schema } = entries.get(kind.data.backend) ?? {};
  return schema === undefined ? kind : schema.safeParse(written);
}

/** The model of an entry, or the fault of its template. */
function toModel(
  name: string,
  entry: RegistryEntry,
  { places, shipped, entries }: EntryContext,
  location: string,
): RegistryModel | string {
  const { backend, file, upstream, url, context, template, sampling, ...described } = entry;
  const { title, description, source, size, memory, preload, ...loading } = described;
  const { keep_alive: keepAlive, image_longest_edge: imageLongestEdge, ...own } = loading;
  const jinja = template === undefined ? {} : readTemplate(template, places);
  if (typeof jinja === 'string') {
    return jinja;
  }
  const { usesFiles = false, paths = [], replaced = {} } = entries.get(backend) ?? {};
  const path = modelFile(name, usesFiles, file, places);
  // An upstream that is not named otherwise knows the model by the same name.
  const upstreamName = upstream ?? (usesFiles ? undefined : name);
  return {
    spec: {
      ...inCamelCase(withReplacements(withPaths(own, paths, places, shipped), replaced)),
      name,
      backend,
      ...(path === undefined ? {} : { file: path }),
      ...(upstreamName === undefined ? {} : { upstream: upstreamName }),
      ...(url === undefined ? {} : { url }),
      ...(context === undefined ? {} : { context }),
      ...jinja,
      ...(keepAlive === undefined ? {} : { keepAliveMs: keepAlive }),
      ...(imageLongestEdge === undefined ? {} : { imageLongestEdge }),
      ...(sampling === undefined ? {} : { sampling: toSampling(sampling) }),
    },
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(source === undefined ? {} : { source }),
    ...(size === undefined ? {} : { sizeBytes: size }),
    ...(memory === undefined ? {} : { memoryBytes: memory }),
    ...(preload === true ? { preload } : {}),
    shipped,
    location,
  };
}

function camelCase(key: string): string {
  return key.replaceAll(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
}

/** Options of a backend, by the names that its code knows them by. */
function inCamelCase(own: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(own).map(([key, value]) => [camelCase(key), value]));
}

function modelFile(
  name: string,
  usesFiles: boolean,
  file: string | undefined,
  places: FilePlaces,
): string | undefined {
  if (file !== undefined) {
    return resolveFile(file, places);
  }
  return usesFiles ? pulledFile(name, places.modelsFolder) : undefined;
}

/** Chat templates have some kilobytes. */
const MOST_TEMPLATE_BYTES = 1024 * 1024;

function readTemplate(
  template: string,
  places: FilePlaces,
): { readonly template: string } | string {
  if (isInlineTemplate(template)) {
    return { template };
  }
  const path = resolveFile(template, places);
  try {
    return { template: readRegularFileSync(path, MOST_TEMPLATE_BYTES) };
  } catch (error) {
    return `the template can't be read: ${messageOf(error)}; correct the path, or write it in place`;
  }
}

function toSampling(written: NonNullable<RegistryEntry['sampling']>): Sampling {
  const { top_p: topP, top_k: topK, min_p: minP, ...rest } = written;
  return {
    ...rest,
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
    ...(minP === undefined ? {} : { minP }),
  };
}

function listed(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}

import type { z } from 'zod';
import { messageOf, RuntimeFailure } from '../core/failure.ts';
import { readRegularFileSync } from '../core/regular-file.ts';
import type { Sampling } from '../core/model.ts';
import { locate, plainValue } from './document.ts';
import type { RegistryDocument } from './document.ts';
import { isInlineTemplate, pulledFile, resolveFile } from './files.ts';
import type { FilePlaces } from './files.ts';
import type { RegistryModel } from './registry.ts';
import { entrySchema, outlineSchema } from './schema.ts';
import type { RegistryEntry } from './schema.ts';
import { append } from '../core/lists.ts';

/** A name that leads to another, and where it says so. */
export interface Reference {
  readonly target: string;
  readonly location: string;
}

/** What one models.yaml holds, before another lies over it. */
export interface FileEntries {
  readonly defaultModel: Reference | undefined;
  readonly models: ReadonlyMap<string, RegistryModel>;
  readonly aliases: ReadonlyMap<string, Reference>;
  readonly problems: readonly string[];
}

const KNOWN_KEYS = ['default', 'models', 'aliases'];

/**
 * The entries of one file. A bad entry becomes a problem, and the others stay.
 * Throws `invalid-request`, beginning with `file:line:column`, where the outline itself is wrong.
 */
export function readEntries(
  document: RegistryDocument,
  places: FilePlaces,
  shipped: boolean,
): FileEntries {
  const value = plainValue(document);
  const outline = outlineSchema.safeParse(value ?? {});
  if (!outline.success) {
    const [first] = describeIssues(outline.error, document, []);
    throw new RuntimeFailure('invalid-request', first ?? document.path);
  }
  const problems = Object.keys(outline.data)
    .filter((key) => !KNOWN_KEYS.includes(key))
    .map((key) => `${locate(document, [key], 'key')}: '${key}' is none of ${listed(KNOWN_KEYS)}`);

  const models = new Map<string, RegistryModel>();
  for (const [name, written] of Object.entries(outline.data.models ?? {})) {
    const path = ['models', name];
    const entry = entrySchema.safeParse(written);
    if (entry.success) {
      const model = toModel(name, entry.data, places, shipped, locate(document, path, 'key'));
      if (typeof model !== 'string') {
        models.set(name, model);
      } else {
        problems.push(`${locate(document, [...path, 'template'], 'value')}: ${model}`);
      }
    } else {
      append(problems, describeIssues(entry.error, document, path));
    }
  }
  const aliases = readAliases(document, outline.data.aliases ?? {}, problems);
  return { defaultModel: readDefault(document, outline.data.default), models, aliases, problems };
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

/** The model of an entry, or what is wrong with its template. */
function toModel(
  name: string,
  entry: RegistryEntry,
  places: FilePlaces,
  shipped: boolean,
  location: string,
): RegistryModel | string {
  const { file, mmproj, template, sampling, size, memory, ...named } = entry;
  const { title, description, source, ...others } = named;
  const { keep_alive: keepAlive, image_longest_edge: imageLongestEdge, ...loading } = others;
  const {
    gpu_layers: gpuLayers,
    flash_attention: flashAttention,
    kv_type: kvType,
    prompt_lookup: promptLookup,
    pictures_apart: picturesApart,
    ...rest
  } = loading;
  const jinja = template === undefined ? {} : readTemplate(template, places);
  if (typeof jinja === 'string') {
    return jinja;
  }
  const path = modelFile(name, rest.backend, file, places);
  return {
    spec: {
      name,
      ...rest,
      ...(path === undefined ? {} : { file: path }),
      ...(mmproj === undefined ? {} : { mmproj: resolveFile(mmproj, places) }),
      // An upstream that is not named otherwise knows the model by the same name.
      ...(rest.backend === 'llama' ? {} : { upstream: rest.upstream ?? name }),
      ...jinja,
      ...(keepAlive === undefined ? {} : { keepAliveMilliseconds: keepAlive }),
      ...(gpuLayers === undefined ? {} : { gpuLayers }),
      ...(flashAttention === undefined ? {} : { flashAttention }),
      ...(kvType === undefined ? {} : { kvType }),
      ...(promptLookup === undefined ? {} : { promptLookup }),
      ...(imageLongestEdge === undefined ? {} : { imageLongestEdge }),
      ...(picturesApart === undefined ? {} : { picturesApart }),
      ...(sampling === undefined ? {} : { sampling: toSampling(sampling) }),
    },
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(source === undefined ? {} : { source }),
    ...(size === undefined ? {} : { sizeBytes: size }),
    ...(memory === undefined ? {} : { memoryBytes: memory }),
    shipped,
    location,
  };
}

function modelFile(
  name: string,
  backend: RegistryEntry['backend'],
  file: string | undefined,
  places: FilePlaces,
): string | undefined {
  if (file !== undefined) {
    return resolveFile(file, places);
  }
  return backend === 'llama' ? pulledFile(name, places.modelsFolder) : undefined;
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

function describeIssues(
  error: z.ZodError,
  document: RegistryDocument,
  base: readonly string[],
): readonly string[] {
  return error.issues.map((issue) => {
    const unknownKey = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    const path = [...base, ...issue.path, ...(unknownKey === undefined ? [] : [unknownKey])];
    const subject = path.length === 0 ? '' : `${path.map(String).join('.')}: `;
    const location = locate(document, path, unknownKey === undefined ? 'value' : 'key');
    const reason =
      unknownKey === undefined
        ? issue.message
        : "this key is not known here; Portico's own models.yaml explains all that are";
    return `${location}: ${subject}${reason}`;
  });
}

function listed(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}

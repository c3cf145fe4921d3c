import { existsSync } from 'node:fs';
import { RuntimeFailure } from '../core/failure.ts';
import type { ModelSpec } from '../core/model.ts';
import { searchedName, isSettled, withDiscovered } from './discovered.ts';
import { findPair, parseRegistryDocument, sectionMap } from './document.ts';
import type { RegistryDocument, Section } from './document.ts';
import { registryFromText } from './load.ts';
import { lookUp, latestTwin } from './lookup.ts';
import type { Registry, RegistryFiles, RegistryModel } from './registry.ts';
import { unknownModel } from './resolve.ts';
import { withAlias, withDefaultModel, withModel, withoutEntry } from './rewrite.ts';
import { describeDemand, pullCommand, statusOf } from './status.ts';
import { editUserFile } from './user-file.ts';

/** Finds models of backends that have no entry; `asked` is the requested name. */
type Discover = (asked: string) => Promise<readonly ModelSpec[]>;

/** Result of naming a model or making it the default. */
export interface NamingOutcome {
  readonly model: RegistryModel;
  /** Command to get the model, if its file is missing. */
  readonly pull?: { readonly command: string; readonly demand: string };
  /** Previous target of the alias, if it was another one. */
  readonly replaced?: string;
}

export interface RemoveOutcome {
  readonly kind: 'alias' | 'model';
  /** GGUF file of a removed model, if it has one; the file is kept. */
  readonly file?: string;
}

/** Beginning of a models.yaml that is created for the user. */
export const NEW_FILE = `# Your own models and aliases. An entry here replaces the entry of the same name that comes with Portico.
# \`portico ls\` lists all models. docs/configuration.md in Portico's package explains every key.

`;

/**
 * Makes `destination` an alias of the model `source` in the user's file. The model need not be downloaded.
 * Throws `model-not-found` for an unknown source, and `invalid-request` for a destination that is a model's
 * name or no valid name.
 */
export async function copyModel(
  files: RegistryFiles,
  source: string,
  destination: string,
  discover: Discover = async () => [],
): Promise<NamingOutcome> {
  return editUserFile(files.user, async (current) => {
    const { text, document, registry, model } = await withEntry(current, files, source, discover);
    refuseDestination(registry, destination);
    const { name } = model.spec;
    const before = registry.aliases.get(destination) ?? registry.dangling?.get(destination);
    const replaced = before === undefined || before === name ? {} : { replaced: before };
    const outcome = { ...named(model), ...replaced };
    return { text: withAlias(document, text, destination, name), outcome };
  });
}

/**
 * Sets the default model, or an alias of it, in the user's file. The model need not be downloaded. Throws
 * `model-not-found` for an unknown name.
 */
export async function setDefaultModel(
  files: RegistryFiles,
  name: string,
  discover: Discover = async () => [],
): Promise<NamingOutcome> {
  return editUserFile(files.user, async (current) => {
    const { text, document, model } = await withEntry(current, files, name, discover);
    return { text: withDefaultModel(document, text, name), outcome: named(model) };
  });
}

/**
 * Resolves a name, and adds an entry to the user's file for a model that only a backend knows, so that the
 * name stays valid while that backend is unavailable. Throws `model-not-found`.
 */
async function withEntry(
  current: string | undefined,
  files: RegistryFiles,
  name: string,
  discover: Discover = async () => [],
) {
  const text = current ?? NEW_FILE;
  const document = parseRegistryDocument(text, files.user);
  const own = await registryFromText(text, files);
  const known = lookUp(own, name);
  const asIs = known.found && { text, document, registry: own, model: known.model };
  if (asIs && isSettled(own, name, existsSync)) return asIs;
  const registry = withDiscovered(own, await discover(searchedName(own, name)), existsSync);
  const lookup = lookUp(registry, name);
  if (asIs && lookup.found && lookup.model === asIs.model) return asIs;
  const models = sectionMap(document, 'models');
  // A broken entry must be repaired by the user, not overwritten.
  if (!lookup.found || (models && findPair(models, lookup.model.spec.name)) !== undefined) {
    throw new RuntimeFailure('model-not-found', unknownModel(registry, name));
  }
  const { model } = lookup;
  const added = withModel(document, text, model.spec.name, { backend: model.spec.backend });
  return { text: added, document: parseRegistryDocument(added, files.user), registry, model };
}

function named(model: RegistryModel): NamingOutcome {
  const isMissing = statusOf(model, existsSync) === 'not downloaded';
  return {
    model,
    ...(isMissing ? { pull: { command: pullCommand(model), demand: describeDemand(model) } } : {}),
  };
}

function refuseDestination(registry: Registry, destination: string): void {
  if (!/^[^\s\p{Cc}]+$/u.test(destination)) {
    throw new RuntimeFailure(
      'invalid-request',
      `'${destination}' is not a valid name; use one without spaces, such as claude-3-5-sonnet`,
    );
  }
  const taken = lookUp({ models: registry.models, aliases: new Map() }, destination);
  if (taken.found) {
    throw new RuntimeFailure(
      'invalid-request',
      `'${destination}' is a model itself (${taken.model.location}); choose another name`,
    );
  }
}

/**
 * Removes an alias or a model from the user's file; a model's GGUF file is kept. Throws `model-not-found` for
 * an unknown name, and `invalid-request` for a shipped entry and for one that others refer to.
 */
export async function removeModel(
  files: RegistryFiles,
  asked: string,
  discover: Discover = async () => [],
): Promise<RemoveOutcome> {
  return editUserFile(files.user, async (current) => {
    const text = current ?? NEW_FILE;
    const document = parseRegistryDocument(text, files.user);
    const before = await registryFromText(text, files);
    const name = sectionOf(document, asked) === undefined ? latestTwin(asked) : asked;
    const section = sectionOf(document, name);
    if (section === undefined) {
      throw await notRemovable(before, asked, files.user, discover);
    }
    const edited = withoutEntry(document, text, section, name);
    refuseLosses(before, await registryFromText(edited, files), name);
    const file = before.models.get(name)?.spec.file;
    const keepsFile = section === 'models' && file !== undefined && existsSync(file);
    return {
      text: edited,
      outcome: {
        kind: section === 'models' ? 'model' : 'alias',
        ...(keepsFile ? { file } : {}),
      },
    };
  });
}

/** Section of an entry in the file, whether the entry is valid or broken. */
function sectionOf(document: RegistryDocument, name: string): Section | undefined {
  return (['aliases', 'models'] as const).find((section) => {
    const map = sectionMap(document, section);
    return map !== undefined && findPair(map, name) !== undefined;
  });
}

async function notRemovable(
  registry: Registry,
  name: string,
  file: string,
  discover: Discover,
): Promise<RuntimeFailure> {
  if (registry.models.has(name) || registry.aliases.has(name)) {
    return new RuntimeFailure(
      'invalid-request',
      `'${name}' comes with Portico and can't be removed; only the entries of ${file} can`,
    );
  }
  const lookup = lookUp(withDiscovered(registry, await discover(name), existsSync), name);
  if (!lookup.found) return new RuntimeFailure('model-not-found', unknownModel(registry, name));
  return new RuntimeFailure(
    'invalid-request',
    `'${name}' is in Ollama and has no entry in ${file}; ` +
      `remove it there with: ollama rm ${lookup.model.spec.name}`,
  );
}

/** Refuses a removal that would leave an alias or the default without a target. */
function refuseLosses(before: Registry, after: Registry, name: string): void {
  const lost = [...before.aliases.keys()].filter(
    (alias) => alias !== name && !after.aliases.has(alias),
  );
  if (lost.length > 0) {
    throw new RuntimeFailure(
      'invalid-request',
      `'${name}' is the target of ${lost.join(', ')}; ` +
        `remove ${lost.length === 1 ? 'that' : 'those'} first: portico rm ${[...lost, name].join(' ')}`,
    );
  }
  const { defaultModel } = before;
  if (lookUp(before, defaultModel).found && !lookUp(after, defaultModel).found) {
    throw new RuntimeFailure(
      'invalid-request',
      `'${name}' is needed by the default, ${defaultModel}; ` +
        'choose another one first with: portico default NAME',
    );
  }
}

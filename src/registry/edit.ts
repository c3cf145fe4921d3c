import { existsSync } from 'node:fs';
import { RuntimeFailure } from '../core/failure.ts';
import type { ModelSpec } from '../core/model.ts';
import { askedName, isSettled, withDiscovered } from './discovered.ts';
import { findPair, parseRegistryDocument, sectionMap } from './document.ts';
import type { RegistryDocument, Section } from './document.ts';
import { registryFromText } from './load.ts';
import { lookUp } from './lookup.ts';
import type { Registry, RegistryFiles, RegistryModel } from './registry.ts';
import { unknownModel } from './resolve.ts';
import { withAlias, withDefaultModel, withModel, withoutEntry } from './rewrite.ts';
import { describeDemand, pullCommand, statusOf } from './status.ts';
import { editUserFile } from './user-file.ts';

/** Finds models that backends have without an entry; `asked` is the name in question. */
type Discover = (asked: string) => Promise<readonly ModelSpec[]>;

/** A model that was given a name or a role. */
export interface NamingOutcome {
  readonly model: RegistryModel;
  /** How to get the model, where its file is not here yet. */
  readonly pull?: { readonly command: string; readonly demand: string };
  /** Target of the alias that had the name before, if it was another one. */
  readonly replaced?: string;
}

export interface RemoveOutcome {
  readonly kind: 'alias' | 'model';
  /** The GGUF of a removed model, where there is one: it stays. */
  readonly file?: string;
}

export const NEW_FILE = `# Your own models and aliases; they lie over the ones that come with Portico.
# \`portico ls\` lists them all. The models.yaml in Portico's own folder explains every key.

`;

/**
 * Makes `destination` an alias of the model that `source` means, in the user's file. The model
 * need not be here yet. Throws `model-not-found` for an unknown source, and `invalid-request` for
 * a destination that is a model's name, or no name.
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
 * Makes a model, or an alias, the one that answers where no other is named, in the user's file. The
 * model need not be here yet. Throws `model-not-found` for an unknown name.
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
 * The model that a name means, and the user's file; one that only a backend knew gets an entry there,
 * so that its name means something while that backend is away too. Throws `model-not-found`.
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
  const registry = withDiscovered(own, await discover(askedName(own, name)), existsSync);
  const lookup = lookUp(registry, name);
  if (asIs && lookup.found && lookup.model === asIs.model) return asIs;
  const models = sectionMap(document, 'models');
  // An entry that is broken must be repaired, not written over.
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
      `'${destination}' is no name: give one without spaces, such as claude-3-5-sonnet`,
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
 * Removes an alias or a model from the user's file; a model's GGUF stays. Throws `model-not-found`
 * for an unknown name, and `invalid-request` for what comes with Portico and for what others need.
 */
export async function removeModel(files: RegistryFiles, name: string): Promise<RemoveOutcome> {
  return editUserFile(files.user, async (current) => {
    const text = current ?? NEW_FILE;
    const document = parseRegistryDocument(text, files.user);
    const before = await registryFromText(text, files);
    const section = sectionOf(document, name);
    if (section === undefined) {
      throw notRemovable(before, name, files.user);
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

/** Where an entry stands in the file, be it a good one or a broken one. */
function sectionOf(document: RegistryDocument, name: string): Section | undefined {
  return (['aliases', 'models'] as const).find((section) => {
    const map = sectionMap(document, section);
    return map !== undefined && findPair(map, name) !== undefined;
  });
}

function notRemovable(registry: Registry, name: string, file: string): RuntimeFailure {
  return registry.models.has(name) || registry.aliases.has(name)
    ? new RuntimeFailure(
        'invalid-request',
        `'${name}' comes with Portico and can't be removed; only the entries of ${file} can`,
      )
    : new RuntimeFailure('model-not-found', unknownModel(registry, name));
}

/** Refuses a removal that would leave an alias or the default leading nowhere. */
function refuseLosses(before: Registry, after: Registry, name: string): void {
  const lost = [...before.aliases.keys()].filter(
    (alias) => alias !== name && !after.aliases.has(alias),
  );
  if (lost.length > 0) {
    throw new RuntimeFailure(
      'invalid-request',
      `'${name}' is what ${lost.join(', ')} lead${lost.length === 1 ? 's' : ''} to; ` +
        `remove that first: portico rm ${[...lost, name].join(' ')}`,
    );
  }
  if (before.defaultModel !== after.defaultModel) {
    throw new RuntimeFailure(
      'invalid-request',
      `'${name}' is needed by the default, ${before.defaultModel}; ` +
        'choose another one first with: portico default NAME',
    );
  }
}

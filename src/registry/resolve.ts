import { RuntimeFailure } from '../core/failure.ts';
import { hasLocalPrefix, lookUp } from './lookup.ts';
import { EMBEDDED_MODEL } from './overlay.ts';
import type { Registry, RegistryModel } from './registry.ts';
import { describeDemand, isUsable, missingFile, pullCommand, statusOf } from './status.ts';

/** The model that answers to a name. */
export interface Resolution {
  readonly model: RegistryModel;
  readonly requested: string;
  /** `stand-in`: the name looks like Anthropic's and nothing has it; another model answers. */
  readonly via: 'name' | 'alias' | 'stand-in';
}

/** Inputs of a resolution besides the registry. */
export interface ResolutionHints {
  /** The name of the model that this session last used. */
  readonly lastUsed?: string;
  readonly exists: (file: string) => boolean;
}

/**
 * The model that a requested name means: by its own name, by an alias, or, for a `claude-…` name or a tier's
 * that is neither, the session's last model, else the default, else the embedded one.
 * Throws `model-not-found` for an unknown name, and for a model whose file is not there.
 */
export function resolveModel(registry: Registry, name: string, hints: ResolutionHints): Resolution {
  const lookup = lookUp(registry, name);
  if (lookup.found) {
    return { model: present(lookup.model, name, hints), requested: name, via: lookup.via };
  }
  const standIn = isStandInName(name) ? chooseStandIn(registry, hints) : undefined;
  if (standIn === undefined) {
    throw new RuntimeFailure('model-not-found', unknownModel(registry, name));
  }
  return { model: present(standIn, name, hints), requested: name, via: 'stand-in' };
}

/** Names of tiers, which Claude Code 2.1.197 sends as they are for `--model sonnet[1m]`. */
const TIER = /^(?:opus|sonnet|haiku)(?:\[1m\])?$/i;

/** Anthropic's names only: a name such as `claude-local-x` was chosen, and nothing else answers for it. */
function isStandInName(name: string): boolean {
  return (/^claude-/i.test(name) && !hasLocalPrefix(name)) || TIER.test(name);
}

function chooseStandIn(registry: Registry, hints: ResolutionHints): RegistryModel | undefined {
  // A default without its file is an error with a hint, which is better than an answer from another model.
  return (
    usableLast(registry, hints) ??
    modelNamed(registry, registry.defaultModel) ??
    modelNamed(registry, EMBEDDED_MODEL)
  );
}

/** Model that the session used last; undefined if its file is missing now. */
function usableLast(
  registry: Registry,
  { lastUsed, exists }: ResolutionHints,
): RegistryModel | undefined {
  const model = modelNamed(registry, lastUsed);
  return model !== undefined && isUsable(statusOf(model, exists)) ? model : undefined;
}

/** Name of the default if it answers for a name that nothing has; otherwise undefined. */
export function defaultFor(
  registry: Registry,
  name: string,
  hints: ResolutionHints,
): string | undefined {
  const isOpen = isStandInName(name) && !lookUp(registry, name).found;
  return isOpen && usableLast(registry, hints) === undefined ? registry.defaultModel : undefined;
}

function modelNamed(registry: Registry, name: string | undefined): RegistryModel | undefined {
  const lookup = name === undefined ? undefined : lookUp(registry, name);
  return lookup?.found === true ? lookup.model : undefined;
}

/** Problem of the broken entry with this name; undefined if there is none. */
export function problemOf(registry: Registry, name: string): string | undefined {
  const marks = [`models.${name}.`, `models.${name}:`, `: alias '${name}' `];
  return registry.problems.find((text) => marks.some((mark) => text.includes(mark)));
}

const MOST_LISTED = 200;

/** The message for a name that nothing has: what is wrong with its entry, else what there is. */
export function unknownModel(registry: Registry, name: string): string {
  const problem = problemOf(registry, name);
  if (problem !== undefined) {
    return `model: ${name} can't be used: ${problem}`;
  }
  const names = [...registry.models.keys(), ...registry.aliases.keys()].slice(0, MOST_LISTED);
  return `model: ${name} is not known; there are ${names.join(', ')}`;
}

function present(model: RegistryModel, requested: string, hints: ResolutionHints): RegistryModel {
  const { name } = model.spec;
  const subject = requested === name ? requested : `${requested} (that is ${name})`;
  const status = statusOf(model, hints.exists);
  switch (status) {
    case 'ready':
    case 'upstream':
      return model;
    case 'not downloaded':
      throw new RuntimeFailure(
        'model-not-found',
        `model: ${subject} is known, but not downloaded (${describeDemand(model)}); ` +
          `get it with: ${pullCommand(model)}`,
      );
    case 'file missing':
      throw new RuntimeFailure('model-not-found', `model: ${subject}: ${missingFile(model)}`);
    default:
      return status satisfies never;
  }
}

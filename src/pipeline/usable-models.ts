import { RuntimeFailure } from '../core/failure.ts';
import type { ModelSpec } from '../core/model.ts';
import { withDiscovered } from '../registry/discovered.ts';
import type { Registry, RegistryModel } from '../registry/registry.ts';
import { resolveModel } from '../registry/resolve.ts';

/** Name that can answer, and its model. */
export interface NamedModel {
  readonly name: string;
  readonly model: RegistryModel;
}

/**
 * Lists the models that can answer: those of the registry, its aliases, then those that backends found.
 *
 * @param exists true if a model's file is on this machine
 */
export function usableModels(
  own: Registry,
  found: readonly ModelSpec[],
  exists: (file: string) => boolean,
): readonly NamedModel[] {
  const registry = withDiscovered(own, found, exists);
  const kept = [...own.models.keys()].filter((name) => registry.models.has(name));
  const names = new Set([...kept, ...registry.aliases.keys(), ...registry.models.keys()]);
  return [...names].flatMap((name) => {
    try {
      return [{ name, model: resolveModel(registry, name, { exists }).model }];
    } catch (error) {
      if (error instanceof RuntimeFailure) return [];
      throw error;
    }
  });
}

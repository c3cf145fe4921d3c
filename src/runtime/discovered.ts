import type { ModelSpec } from '../core/model.ts';
import { lookUp } from '../registry/lookup.ts';
import type { Registry, RegistryModel } from '../registry/registry.ts';

/** The registry with models behind its own that a backend has found; a name of the registry wins. */
export function withDiscovered(registry: Registry, found: readonly ModelSpec[]): Registry {
  const models = new Map<string, RegistryModel>(registry.models);
  for (const spec of found) {
    if (lookUp(registry, spec.name).found) continue;
    models.set(spec.name, { spec, shipped: false, location: `found by ${spec.backend}` });
  }
  return { ...registry, models };
}

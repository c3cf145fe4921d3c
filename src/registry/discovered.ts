import type { ModelSpec } from '../core/model.ts';
import { lookUp } from './lookup.ts';
import type { Registry, RegistryModel } from './registry.ts';

/**
 * The registry with models behind its own that a backend has found, and with the aliases that lead to
 * one of them; a name of the registry wins.
 */
export function withDiscovered(registry: Registry, found: readonly ModelSpec[]): Registry {
  const models = new Map<string, RegistryModel>(registry.models);
  for (const spec of found) {
    if (lookUp(registry, spec.name).found) continue;
    models.set(spec.name, { spec, shipped: false, location: `found by ${spec.backend}` });
  }
  const dangling = registry.dangling ?? new Map<string, string>();
  const tables = { models, aliases: new Map([...registry.aliases, ...dangling]) };
  const saved = [...dangling].filter(([, target]) => lookUp(tables, target).found);
  for (const [name] of saved) models.delete(name);
  const isSolved = (problem: string): boolean =>
    saved.some(([name]) => problem.includes(`: alias '${name}' leads to `));
  return {
    ...registry,
    models,
    aliases: new Map([...registry.aliases, ...saved]),
    problems: registry.problems.filter((problem) => !isSolved(problem)),
  };
}

/** The name to ask backends for where a name is unknown: that at the end of the aliases behind it. */
export function askedName(
  { models, aliases, dangling = new Map() }: Registry,
  name: string,
): string {
  const lookup = lookUp({ models, aliases: new Map([...aliases, ...dangling]) }, name);
  return !lookup.found && lookup.why === 'unknown' ? lookup.name : name;
}

import { upstreamName } from '../core/model.ts';
import type { DiscoveredModel } from '../core/model.ts';
import { lookUp } from './lookup.ts';
import type { KnownAliases } from './lookup.ts';
import type { Registry, RegistryModel } from './registry.ts';
import { statusOf } from './status.ts';

type Exists = (file: string) => boolean;

/**
 * Adds models that a backend has found, and the aliases of them, to a registry. A name of the registry has
 * precedence, except for a shipped entry whose file is missing: a model that can answer now replaces it.
 */
export function withDiscovered(
  registry: Registry,
  found: readonly DiscoveredModel[],
  exists: Exists,
): Registry {
  const models = withSizes(registry.models, found);
  for (const { sizeBytes, ...spec } of found) {
    const lookup = lookUp(registry, spec.name);
    if (lookup.found && (lookup.via === 'alias' || !isReplaceable(lookup.model, exists))) continue;
    if (lookup.found) models.delete(lookup.model.spec.name);
    models.set(spec.name, {
      spec,
      ...(sizeBytes !== undefined && { sizeBytes }),
      shipped: false,
      location: `found by ${spec.backend}`,
    });
  }
  const dangling = registry.dangling ?? new Map<string, string>();
  const tables = { models, aliases: new Map([...registry.aliases, ...dangling]) };
  const known: KnownAliases = new Map();
  const saved = new Map([...dangling].filter(([, target]) => lookUp(tables, target, known).found));
  for (const name of saved.keys()) models.delete(name);
  const hasDefault = lookUp(tables, registry.defaultModel, known).found;
  const isSolved = (problem: string): boolean =>
    saved.has(/: alias '([^']+)' leads to '/.exec(problem)?.[1] ?? '') ||
    (hasDefault && problem.includes(`: the default '${registry.defaultModel}' leads to '`));
  return {
    ...registry,
    models,
    aliases: new Map([...registry.aliases, ...saved]),
    problems: registry.problems.filter((problem) => !isSolved(problem)),
  };
}

/** Adds the sizes of found models to entries for them. An entry with a `url` may mean another server. */
function withSizes(
  models: Registry['models'],
  found: readonly DiscoveredModel[],
): Map<string, RegistryModel> {
  const sizes = new Map(
    found.map(({ backend, name, sizeBytes }) => [`${backend} ${name}`, sizeBytes]),
  );
  const sized = Array.from(models, ([name, model]): [string, RegistryModel] => {
    const { spec } = model;
    const upstream = `${spec.backend} ${upstreamName(spec)}`;
    const sizeBytes = sizes.get(upstream) ?? sizes.get(`${upstream}:latest`);
    const isOpen = spec.url === undefined && model.sizeBytes === undefined;
    return [name, isOpen && sizeBytes !== undefined ? { ...model, sizeBytes } : model];
  });
  return new Map(sized);
}

/** Returns true if backends need not be asked what a name means: its model is the user's, or is here. */
export function isSettled(registry: Registry, name: string, exists: Exists): boolean {
  const lookup = lookUp(registry, name);
  return lookup.found && !isReplaceable(lookup.model, exists);
}

/** Returns true for a shipped entry that is not downloaded. */
function isReplaceable(model: RegistryModel, exists: Exists): boolean {
  return model.shipped && statusOf(model, exists) === 'not downloaded';
}

/** Name to ask backends for if the registry does not resolve one: the end of its aliases. */
export function searchedName(
  { models, aliases, dangling = new Map() }: Registry,
  name: string,
): string {
  const lookup = lookUp({ models, aliases: new Map([...aliases, ...dangling]) }, name);
  if (lookup.found) return lookup.model.spec.name;
  return lookup.why === 'unknown' ? lookup.name : name;
}

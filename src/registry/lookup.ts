import type { RegistryModel } from './registry.ts';

/** Tables of a registry's names. */
export interface NameTables {
  readonly models: ReadonlyMap<string, RegistryModel>;
  readonly aliases: ReadonlyMap<string, string>;
}

/** Result of a name's lookup. */
export type Lookup =
  | { readonly found: true; readonly model: RegistryModel; readonly via: 'name' | 'alias' }
  | { readonly found: false; readonly why: 'unknown'; readonly name: string }
  | { readonly found: false; readonly why: 'circle'; readonly names: readonly string[] };

/** Prefix of the second name under which Claude Code is shown a model: it hides all other names. */
export const LOCAL_PREFIX = 'claude-local-';

/**
 * Resolves a name through its chain of aliases. As in Ollama, `x` and `x:latest` are equal. If the name is
 * unknown, the additions of Claude Code are removed: `x[1m]` and `claude-local-x`.
 */
export function lookUp(tables: NameTables, name: string, known: KnownAliases = new Map()): Lookup {
  const lookup = follow(tables, name, known);
  const plain = plainName(name);
  return lookup.found || lookup.why === 'circle' || plain === name
    ? lookup
    : lookUp(tables, plain, known);
}

/** Targets of aliases that were followed already, for a caller that looks up many names of the same tables. */
export type KnownAliases = Map<string, Lookup>;

/** Removes one addition of Claude Code: the suffix `[1m]`, else the prefix `claude-local-`. */
function plainName(name: string): string {
  const unmarked = withoutWindowMark(name);
  if (unmarked !== name) return unmarked;
  return hasLocalPrefix(name) ? name.slice(LOCAL_PREFIX.length) : name;
}

/** A name without the `[1m]` by which Claude Code asks for a window of 1,000,000 tokens. */
export function withoutWindowMark(name: string): string {
  return name.replace(/\[1m\]$/i, '');
}

/** True if a name is the second name of a local model. */
export function hasLocalPrefix(name: string): boolean {
  return name.toLowerCase().startsWith(LOCAL_PREFIX);
}

/** Name under which a listing has the default: its own, or that of the model which it means. */
export function listedDefault(tables: NameTables, defaultModel: string): string {
  if (tables.models.has(defaultModel) || tables.aliases.has(defaultModel)) return defaultModel;
  const lookup = lookUp(tables, defaultModel);
  return lookup.found ? lookup.model.spec.name : defaultModel;
}

function follow(tables: NameTables, name: string, known: KnownAliases): Lookup {
  const visited = new Set<string>();
  for (let current = name; ;) {
    const before = known.get(current);
    const lookup = before && isKept(before) ? before : step(tables, current, visited);
    if (typeof lookup !== 'string') {
      for (const alias of visited) known.set(alias, lookup);
      return lookup;
    }
    current = lookup;
  }
}

/** Short circles are not cached, so that each message begins with the requested name. */
function isKept(lookup: Lookup): boolean {
  return lookup.found || lookup.why !== 'circle' || lookup.names.length > MOST_SHOWN;
}

/** Names of a circle that are shown. */
export const MOST_SHOWN = 20;

/** Next name of a chain, or its end. */
function step(tables: NameTables, name: string, visited: Set<string>): Lookup | string {
  const model = either(tables.models, name);
  if (model !== undefined) {
    return { found: true, model, via: visited.size === 0 ? 'name' : 'alias' };
  }
  const next = either(tables.aliases, name);
  if (next === undefined) {
    return { found: false, why: 'unknown', name };
  }
  visited.add(name);
  return visited.has(next) ? { found: false, why: 'circle', names: [...visited, next] } : next;
}

const LATEST = ':latest';

/** The value of a name in a table in which `x` and `x:latest` are one. */
export function either<Value>(table: ReadonlyMap<string, Value>, name: string): Value | undefined {
  return table.get(name) ?? table.get(latestTwin(name));
}

/** The equal name with `:latest`, or without it. */
export function latestTwin(name: string): string {
  return name.endsWith(LATEST) ? name.slice(0, -LATEST.length) : `${name}${LATEST}`;
}

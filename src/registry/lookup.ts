import type { RegistryModel } from './registry.ts';

/** The names that a registry can answer to. */
export interface NameTables {
  readonly models: ReadonlyMap<string, RegistryModel>;
  readonly aliases: ReadonlyMap<string, string>;
}

/** Where a name leads. */
export type Lookup =
  | { readonly found: true; readonly model: RegistryModel; readonly via: 'name' | 'alias' }
  | { readonly found: false; readonly why: 'unknown'; readonly name: string }
  | { readonly found: false; readonly why: 'circle'; readonly names: readonly string[] };

/** Follows a name, and the chain of aliases behind it. As with Ollama, `x` and `x:latest` are one. */
export function lookUp(tables: NameTables, name: string): Lookup {
  const visited: string[] = [];
  for (let current = name; ;) {
    const model = either(tables.models, current);
    if (model !== undefined) {
      return { found: true, model, via: visited.length === 0 ? 'name' : 'alias' };
    }
    const next = either(tables.aliases, current);
    if (next === undefined) {
      return { found: false, why: 'unknown', name: current };
    }
    visited.push(current);
    if (visited.includes(next)) {
      return { found: false, why: 'circle', names: [...visited, next] };
    }
    current = next;
  }
}

const LATEST = ':latest';

function either<Value>(table: ReadonlyMap<string, Value>, name: string): Value | undefined {
  const other = name.endsWith(LATEST) ? name.slice(0, -LATEST.length) : `${name}${LATEST}`;
  return table.get(name) ?? table.get(other);
}

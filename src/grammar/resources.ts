import type { JsonObject, JsonValue } from '../core/json.ts';
import { isJsonArray, isJsonObject } from '../core/json.ts';

/** Address of a document without its own `$id`. */
const ROOT = 'schema://root/';

/** Keywords whose values are data, not schemas. */
const DATA: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples']);

/** Schemas of one document by their addresses, from `$id`, `$anchor` and `$dynamicAnchor`. */
export class Resources {
  readonly root: string;
  readonly #bases = new WeakMap<JsonObject, string>();
  readonly #named = new Map<string, JsonObject>();
  /** Schemas with a `$dynamicAnchor`, by its name. */
  readonly #dynamic = new Map<string, JsonObject[]>();

  constructor(root: JsonObject) {
    const todo: (readonly [value: JsonValue, base: string])[] = [[root, ROOT]];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      const [value, outer] = next;
      if (isJsonArray(value)) for (const item of value) todo.push([item, outer]);
      if (!isJsonObject(value)) continue;
      const base = this.#add(value, outer);
      for (const [keyword, inner] of Object.entries(value))
        if (!DATA.has(keyword)) todo.push([inner, base]);
    }
    this.root = this.baseOf(root);
    this.#named.set(this.root, root);
  }

  /** Address of the document that a schema is in. */
  baseOf(schema: JsonObject): string {
    return this.#bases.get(schema) ?? this.root;
  }

  at(address: string): JsonObject | undefined {
    return this.#named.get(address);
  }

  withDynamicAnchor(name: string): readonly JsonObject[] {
    return this.#dynamic.get(name) ?? [];
  }

  #add(schema: JsonObject, outer: string): string {
    const { $id, $anchor, $dynamicAnchor } = schema;
    const own = typeof $id === 'string' ? resolved($id, outer)?.replace(/#$/, '') : undefined;
    const base = own ?? outer;
    this.#bases.set(schema, base);
    if (own !== undefined) this.#named.set(own, schema);
    for (const anchor of [$anchor, $dynamicAnchor])
      if (typeof anchor === 'string') this.#named.set(`${base}#${anchor}`, schema);
    if (typeof $dynamicAnchor === 'string')
      this.#dynamic.set($dynamicAnchor, [...this.withDynamicAnchor($dynamicAnchor), schema]);
    return base;
  }
}

/** Absolute address of a reference; undefined for an invalid one. */
export function resolved(reference: string, base: string): string | undefined {
  return URL.canParse(reference, base) ? new URL(reference, base).href : undefined;
}

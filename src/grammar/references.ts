import type { JsonObject, JsonValue } from '../core/json.ts';
import { isJsonArray, isRecord } from '../core/json.ts';
import { isSchema } from './schema.ts';
import type { Schema } from './schema.ts';
import { append } from '../core/lists.ts';

/** Resolves each `$ref` inside one document: by JSON pointer (RFC 6901), `$anchor` or `$id`. */
export class References {
  readonly #root: JsonObject;
  readonly #resolved = new Map<string, Schema>();
  readonly #dangling: string[] = [];
  #named: ReadonlyMap<string, JsonObject> | undefined;

  constructor(root: JsonObject) {
    this.#root = root;
  }

  /** References that could not be resolved so far. */
  get dangling(): readonly string[] {
    return this.#dangling;
  }

  /** Schemas that a schema refers to. An unresolved reference accepts any value. */
  of(schema: JsonObject): readonly Schema[] {
    return ['$ref', '$dynamicRef', '$recursiveRef'].flatMap((keyword) => {
      const reference = schema[keyword];
      return typeof reference === 'string' ? [this.#resolve(reference)] : [];
    });
  }

  #resolve(reference: string): Schema {
    const known = this.#resolved.get(reference);
    if (known !== undefined) return known;
    const found = this.#find(reference);
    const target = isSchema(found) ? found : true;
    if (!isSchema(found)) this.#dangling.push(reference);
    this.#resolved.set(reference, target);
    return target;
  }

  #find(reference: string): JsonValue | undefined {
    const hash = reference.indexOf('#');
    const [document, fragment] =
      hash === -1 ? [reference, ''] : [reference.slice(0, hash), reference.slice(hash + 1)];
    const start = document === '' ? this.#root : this.#byName(document);
    if (start === undefined || fragment === '') return start;
    if (!fragment.startsWith('/')) return this.#byName(`#${fragment}`);
    return fragment.slice(1).split('/').reduce<JsonValue | undefined>(step, start);
  }

  #byName(name: string): JsonObject | undefined {
    this.#named ??= namedSchemas(this.#root);
    return this.#named.get(name);
  }
}

function step(value: JsonValue | undefined, token: string): JsonValue | undefined {
  const key = decode(token).replaceAll('~1', '/').replaceAll('~0', '~');
  if (isJsonArray(value)) return /^\d+$/.test(key) ? value[Number(key)] : undefined;
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function decode(token: string): string {
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
}

/** Schemas of a document by their own name: `#anchor` or an `$id`. */
function namedSchemas(root: JsonObject): ReadonlyMap<string, JsonObject> {
  const named = new Map<string, JsonObject>();
  const todo: JsonValue[] = [root];
  for (let value = todo.pop(); value !== undefined; value = todo.pop()) {
    if (isJsonArray(value)) append(todo, value);
    if (!isRecord(value)) continue;
    const { $id, $anchor, $dynamicAnchor } = value;
    if (typeof $id === 'string') named.set($id.replace(/#$/, ''), value);
    for (const anchor of [$anchor, $dynamicAnchor])
      if (typeof anchor === 'string') named.set(`#${anchor}`, value);
    append(todo, Object.values(value));
  }
  return named;
}

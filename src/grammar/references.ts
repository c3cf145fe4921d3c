import type { JsonObject, JsonValue } from '../core/json.ts';
import { isJsonArray, isRecord } from '../core/json.ts';
import { isSchema } from './schema.ts';
import type { Schema } from './schema.ts';
import { Resources, resolved } from './resources.ts';

/** Resolves each `$ref` inside one document: by JSON pointer (RFC 6901), `$anchor` or `$id`. */
export class References {
  readonly #root: JsonObject;
  readonly #resolved = new Map<string, Schema>();
  readonly #dangling: string[] = [];
  #resources: Resources | undefined;

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
      if (typeof reference !== 'string') return [];
      const found = this.#resolve(reference, schema);
      return [keyword === '$dynamicRef' ? this.#outermost(reference, found) : found];
    });
  }

  #resolve(reference: string, from: JsonObject): Schema {
    this.#resources ??= new Resources(this.#root);
    const base = this.#resources.baseOf(from);
    const key = `${base} ${reference}`;
    const known = this.#resolved.get(key);
    if (known !== undefined) return known;
    const found = find(reference, base, this.#resources);
    const target = isSchema(found) ? found : true;
    if (!isSchema(found)) this.#dangling.push(reference);
    this.#resolved.set(key, target);
    return target;
  }

  /**
   * Schema that a `$dynamicRef` means. The root is the outermost document of every path to it. If only others
   * have the anchor, the path decides, so any value is accepted.
   */
  #outermost(reference: string, found: Schema): Schema {
    const name = reference.slice(reference.indexOf('#') + 1);
    if (typeof found === 'boolean' || found['$dynamicAnchor'] !== name) return found;
    const resources = this.#resources;
    const all = resources?.withDynamicAnchor(name) ?? [];
    const ofRoot = all.find((schema) => resources?.baseOf(schema) === resources?.root);
    return ofRoot ?? (all.length === 1 ? found : true);
  }
}

function find(reference: string, base: string, resources: Resources): JsonValue | undefined {
  const address = reference.startsWith('#') ? base + reference : resolved(reference, base);
  if (address === undefined) return undefined;
  const hash = address.indexOf('#');
  const [document, fragment] =
    hash === -1 ? [address, ''] : [address.slice(0, hash), address.slice(hash + 1)];
  const start = resources.at(document);
  if (start === undefined || fragment === '') return start;
  if (!fragment.startsWith('/')) return resources.at(`${document}#${fragment}`);
  return fragment.slice(1).split('/').reduce<JsonValue | undefined>(step, start);
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

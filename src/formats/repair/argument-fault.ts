import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../../core/json.ts';
import type { CallableTool } from '../format.ts';
import { isOfType } from './schema-types.ts';

/**
 * Plain fault of a call's arguments, in words for the model: one that is missing, of
 * another type, or none of the values that are allowed. Only keywords that hold by themselves are looked
 * at, so that no call that is valid is ever refused.
 */
export function argumentFault(
  input: unknown,
  { name, inputSchema }: CallableTool,
  { allowsNull = false }: { readonly allowsNull?: boolean } = {},
): string | undefined {
  return valueFault(input, inputSchema, [], { tool: name, allowsNull });
}

interface Checked {
  readonly tool: string;
  /** A null counts as a value of any type. */
  readonly allowsNull: boolean;
}

function valueFault(
  value: unknown,
  schema: unknown,
  path: readonly string[],
  checked: Checked,
): string | undefined {
  if (value === null && checked.allowsNull) return undefined;
  // What stands beside a reference counts in newer drafts only.
  if (!isRecord(schema) || '$ref' in schema) return undefined;
  const argument = `the argument "${path.join('.')}" of ${checked.tool}`;
  const types = textsOf(schema['type']);
  if (path.length > 0 && types.length > 0 && !types.some((type) => isOfType(value, type))) {
    return `${argument} must be of the type ${types.join(' or ')}`;
  }
  const values: unknown = 'const' in schema ? [schema['const']] : schema['enum'];
  if (Array.isArray(values) && !values.some((one) => isDeepStrictEqual(one, value))) {
    return `${argument} must be ${values.map((one) => JSON.stringify(one)).join(' or ')}`;
  }
  if (Array.isArray(value)) {
    const items: unknown = schema['prefixItems'] === undefined ? schema['items'] : undefined;
    return firstFault(value.entries(), (item, index) =>
      valueFault(item, items, [...path, String(index)], checked),
    );
  }
  return isRecord(value) ? objectFault(value, schema, path, checked) : undefined;
}

function objectFault(
  value: Record<string, unknown>,
  schema: Record<string, unknown>,
  path: readonly string[],
  checked: Checked,
): string | undefined {
  const missing = textsOf(schema['required']).find((key) => !Object.hasOwn(value, key));
  if (missing !== undefined)
    return `${checked.tool} needs the argument "${[...path, missing].join('.')}"`;
  const properties = isRecord(schema['properties']) ? schema['properties'] : {};
  return firstFault(Object.entries(value), (one, key) => {
    const declared = Object.hasOwn(properties, key) ? properties[key] : undefined;
    return valueFault(one, declared, [...path, key], checked);
  });
}

function firstFault<Key>(
  entries: Iterable<readonly [Key, unknown]>,
  faultOf: (value: unknown, key: Key) => string | undefined,
): string | undefined {
  for (const [key, value] of entries) {
    const fault = faultOf(value, key);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** A text, or the texts of a list. */
function textsOf(value: unknown): readonly string[] {
  const listed: readonly unknown[] = Array.isArray(value) ? value : [value];
  return listed.filter((one) => typeof one === 'string');
}

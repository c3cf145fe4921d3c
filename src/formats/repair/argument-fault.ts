import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../../core/json.ts';
import type { CallableTool } from '../format.ts';
import { isOfType } from './schema-types.ts';

/**
 * Simple fault of a call's arguments, worded for the model: a missing argument, a wrong type, or a value that
 * is not allowed. Checks only keywords that apply on their own, so that no valid call is refused.
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
  /** Accepts null as a value of any type. */
  readonly allowsNull: boolean;
}

function valueFault(
  value: unknown,
  schema: unknown,
  path: readonly string[],
  checked: Checked,
): string | undefined {
  if (value === null && checked.allowsNull) return undefined;
  // Older drafts ignore keywords next to a reference.
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

/** Strings of a list, or a single string. */
function textsOf(value: unknown): readonly string[] {
  const listed: readonly unknown[] = Array.isArray(value) ? value : [value];
  return listed.filter((one) => typeof one === 'string');
}

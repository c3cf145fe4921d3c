import { z } from 'zod';
import { entriesByKind } from '../../src/backends/index.ts';
import { ENTRY_KEYS } from './entry-keys.ts';

const JSON_SCHEMA = z.looseObject({ properties: z.record(z.string(), z.looseObject({})) });

/** JSON Schema of the value of a key. */
export type ValueSchema = Readonly<Record<string, unknown>>;

const ENTRIES = entriesByKind();

export const KINDS: readonly string[] = [...ENTRIES.keys()];

/** Values by keys that entries of a kind may have, as JSON Schema. */
export function valuesOf(kind: string): Readonly<Record<string, ValueSchema>> {
  const entries = ENTRIES.get(kind);
  if (entries === undefined) throw new Error(`There is no backend ${kind}.`);
  const { properties } = JSON_SCHEMA.parse(
    z.toJSONSchema(entries.schema, { target: 'draft-7', io: 'input', unrepresentable: 'any' }),
  );
  const accepted = Object.entries(properties).filter(([key]) => accepts(entries.schema, kind, key));
  return { ...Object.fromEntries(accepted), backend: { const: kind } };
}

/** Values by keys inside a key, such as `sampling.seed` and `providers[].url`. */
export function nestedValuesOf(kind: string): Readonly<Record<string, ValueSchema>> {
  const rows = Object.entries(valuesOf(kind)).flatMap(([key, schema]) => [
    ...nestedIn(`${key}.`, schema),
    ...nestedIn(`${key}[].`, schema['items']),
  ]);
  return Object.fromEntries(rows);
}

function nestedIn(prefix: string, schema: unknown): readonly (readonly [string, ValueSchema])[] {
  const { success, data } = JSON_SCHEMA.safeParse(schema);
  if (!success) return [];
  return Object.entries(data.properties).map(([key, value]) => [`${prefix}${key}`, value]);
}

/** True if an entry of a kind may have a key: no mistake is reported for it. */
function accepts(schema: z.ZodType, kind: string, key: string): boolean {
  const known = ENTRY_KEYS[key];
  if (known === undefined) throw new Error(`Describe '${key}' in test/docs/entry-keys.ts.`);
  if (key === 'backend') return true;
  const { error } = schema.safeParse({ backend: kind, file: 'a.gguf', [key]: known.example });
  return !error?.issues.some(({ path: [first] }) => first === key);
}

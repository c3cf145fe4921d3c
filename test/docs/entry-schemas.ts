import { z } from 'zod';
import { entriesByKind } from '../../src/backends/index.ts';

const VALUE = z.looseObject({
  description: z.string().exactOptional(),
  examples: z.array(z.unknown()).exactOptional(),
});

const JSON_SCHEMA = z.looseObject({ properties: z.record(z.string(), VALUE) });

/** JSON Schema of the value of a key, with the description and the example of the schema in zod. */
export type ValueSchema = Readonly<z.infer<typeof VALUE>>;

const ENTRIES = entriesByKind();

export const KINDS: readonly string[] = [...ENTRIES.keys()];

/** Values by keys that entries of a kind may have, as JSON Schema. */
export function valuesOf(kind: string): Readonly<Record<string, ValueSchema>> {
  const entries = ENTRIES.get(kind);
  if (entries === undefined) throw new Error(`There is no backend ${kind}.`);
  const { properties } = JSON_SCHEMA.parse(
    z.toJSONSchema(entries.schema, {
      target: 'draft-7',
      io: 'input',
      unrepresentable: 'any',
      override: addExamples,
    }),
  );
  const accepted = Object.entries(properties).filter(([key, value]) =>
    accepts(entries.schema, { kind, key, value }),
  );
  const { description } = properties['backend'] ?? {};
  const backend = { const: kind, ...(description === undefined ? {} : { description }) };
  return { ...Object.fromEntries(accepted), backend };
}

/** Adds the examples of a schema that transforms its input. Zod leaves them out, as if they were output. */
function addExamples({ zodSchema, jsonSchema }: SchemaPair): void {
  const { examples } = z.globalRegistry.get(zodSchema) ?? {};
  if (Array.isArray(examples)) jsonSchema.examples = examples;
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

/** Schema in zod, and the JSON Schema made of it. */
interface SchemaPair {
  readonly zodSchema: z.core.$ZodType;
  readonly jsonSchema: z.core.JSONSchema.BaseSchema;
}

interface KeyOfKind {
  readonly kind: string;
  readonly key: string;
  readonly value: ValueSchema;
}

/** True if an entry of a kind may have a key: no mistake is reported for its example. */
function accepts(schema: z.ZodType, { kind, key, value }: KeyOfKind): boolean {
  if (key === 'backend') return true;
  if (value.examples === undefined) {
    throw new Error(
      `Add an example to the schema of '${key}', by .meta({ description, examples }).`,
    );
  }
  const [example] = value.examples;
  const { error } = schema.safeParse({ backend: kind, file: 'a.gguf', [key]: example });
  return !error?.issues.some(({ path: [first] }) => first === key);
}

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isJsonObject } from '../../src/core/json.ts';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { compileGrammar } from '../formats/native-grammar.ts';
import { grammarOf } from './compile.ts';
import { isMissing } from '../support/optional.ts';

/** Checkout of https://github.com/json-schema-org/JSON-Schema-Test-Suite, which is not part of the project. */
const FOLDER = process.env['PORTICO_TEST_SCHEMA_SUITE'];

const jsonSchema: z.ZodType<JsonValue> = z.json();
const groupsSchema = z.array(
  z.looseObject({
    schema: jsonSchema,
    tests: z.array(z.looseObject({ data: jsonSchema, valid: z.boolean() })),
  }),
);

interface Group {
  readonly schema: JsonObject;
  readonly tests: readonly { readonly data: JsonValue; readonly valid: boolean }[];
}

/** Required tests of the draft, with those of formats. Schemas that are `true` or `false` are left out. */
function groupsIn(folder: string): readonly Group[] {
  const draft = path.join(folder, 'tests', 'draft2020-12');
  const files = [draft, path.join(draft, 'optional', 'format')].flatMap((one) =>
    readdirSync(one)
      .filter((file) => file.endsWith('.json'))
      .map((file) => path.join(one, file)),
  );
  return files
    .flatMap((file) => groupsSchema.parse(JSON.parse(readFileSync(file, 'utf8'))))
    .flatMap(({ schema, tests }) => (isJsonObject(schema) ? [{ schema, tests }] : []));
}

async function measure(groups: readonly Group[]) {
  const figures = { valid: 0, admitted: 0, invalid: 0, refused: 0 };
  for (const { schema, tests } of groups) {
    const admits = await compileGrammar(grammarOf(schema).grammar);
    for (const { data, valid } of tests) {
      const isAdmitted = admits(JSON.stringify(data));
      figures[valid ? 'valid' : 'invalid']++;
      if (isAdmitted && valid) figures.admitted++;
      if (!isAdmitted && !valid) figures.refused++;
    }
  }
  return figures;
}

const isAbsent = isMissing(
  'the JSON Schema Test Suite',
  FOLDER,
  'clone json-schema-org/JSON-Schema-Test-Suite and name it in PORTICO_TEST_SCHEMA_SUITE',
  { isRequired: false },
);

describe('the grammars of the JSON Schema Test Suite', () => {
  it.skipIf(isAbsent)(
    'admit 92 % of the valid and refuse 75 % of the invalid instances',
    async () => {
      const { valid, admitted, invalid, refused } = await measure(groupsIn(FOLDER ?? ''));
      process.stdout.write(
        `${admitted} of ${valid} valid admitted, ${refused} of ${invalid} refused\n`,
      );
      expect(admitted / valid).toBeGreaterThanOrEqual(0.92);
      expect(refused / invalid).toBeGreaterThanOrEqual(0.75);
    },
  );
});

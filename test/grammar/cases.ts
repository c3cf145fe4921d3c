import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import type { Schema } from '../../src/grammar/schema.ts';

/** A schema, with values that are valid against it and have their keys in its order. */
export interface Case {
  readonly schema: Schema;
  readonly samples: readonly JsonValue[];
  /** The schemas that it refers to, by their names under `$defs`. */
  readonly defs: JsonObject;
}

const NAMES = [
  'a',
  'b',
  'name',
  'path',
  'a"b',
  'ü',
  'äöü',
  'x\\y',
  'new\nline',
  '',
  '$ref',
  'root',
  '0',
  '😀',
];

// ajv loses properties of the name __proto__: they have a test of their own.
const name = fc
  .oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 6, unit: 'grapheme' }))
  .filter((one) => one !== '__proto__');

const text = fc.string({ maxLength: 12, unit: 'grapheme' });

/** Any value but numbers of a hundred digits and more, and names that ajv falls over. */
const anything: fc.Arbitrary<JsonValue> = fc
  .jsonValue({ maxDepth: 2, stringUnit: 'grapheme' })
  .filter(
    (value) => !/e\+\d{3}|"(toString|valueOf|constructor|__proto__)":/.test(JSON.stringify(value)),
  )
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);

function plain(schema: Schema, samples: readonly JsonValue[]): Case {
  return { schema, samples, defs: {} };
}

function codePoints(value: string): number {
  return Array.from(value).length;
}

const strings = fc
  .tuple(text, text, fc.integer({ min: 0, max: 3 }))
  .map(([one, other, slack]) => {
    const lengths = [codePoints(one), codePoints(other)];
    return fc.constantFrom<Case>(
      plain({ type: 'string' }, [one, other]),
      plain({ type: 'string', maxLength: Math.max(...lengths) + slack }, [one, other]),
      plain({ minLength: Math.max(0, Math.min(...lengths) - slack), type: 'string' }, [one, other]),
      plain({ type: 'string', minLength: lengths[0] ?? 0, maxLength: lengths[0] ?? 0 }, [one]),
    );
  })
  .chain((one) => one);

const FORMATTED: readonly Case[] = [
  plain({ type: 'string', format: 'date' }, ['2024-02-29', '1999-12-31', '2023-02-28']),
  plain({ type: 'string', format: 'time' }, ['23:59:59Z', '00:00:00.123+02:00']),
  plain({ type: 'string', format: 'date-time' }, [
    '2000-02-29T12:00:00Z',
    '2026-04-30T00:00:00-08:00',
  ]),
  plain({ type: 'string', format: 'uuid' }, ['123e4567-e89b-12d3-a456-426614174000']),
  plain({ type: 'string', format: 'email' }, ['a.b+c@example.org']),
  plain({ type: 'string', format: 'ipv4' }, ['127.0.0.1', '255.249.199.0']),
  plain({ type: 'string', format: 'hostname' }, ['example.org', 'localhost']),
  plain({ type: 'string', format: 'uri' }, ['https://example.org/a?b=c#d', 'mailto:a@b.c']),
  plain({ type: 'string', pattern: '^[a-z][a-z0-9_-]*$' }, ['a', 'a-b_9']),
  plain({ type: 'string', pattern: '^(\\d{3}-)?\\d{4}$' }, ['555-1234', '1234']),
  plain({ type: 'string', pattern: '^[^\\s"]+$' }, ['x', 'äß😀\\']),
  plain({ type: 'string', pattern: '"' }, ['"', 'a "quoted" one']),
  plain({ type: 'string', pattern: '^#[0-9a-fA-F]{6}$|^none$' }, ['#00ffAA', 'none']),
  plain({ type: 'string', pattern: '^\\w+\\.(?:ts|js)$', minLength: 1 }, ['main.ts']),
  plain({ type: 'string', pattern: '^[A-Z]+$', minLength: 2, maxLength: 4 }, ['AB', 'WXYZ']),
];

const whole = fc.integer({ min: -2000, max: 2000 });

const integers = fc
  .tuple(whole, fc.nat(300), fc.nat(300))
  .chain(([value, below, above]) =>
    fc.constantFrom<Case>(
      plain({ type: 'integer' }, [value, 0, Number.MAX_SAFE_INTEGER]),
      plain({ type: 'integer', minimum: value - below }, [value]),
      plain({ type: 'integer', maximum: value + above }, [value]),
      plain({ type: 'integer', minimum: value - below, maximum: value + above }, [value]),
      plain({ type: 'integer', exclusiveMinimum: value - below - 1, exclusiveMaximum: value + 1 }, [
        value,
      ]),
      plain({ type: 'integer', minimum: value - below - 0.5, maximum: value + above + 0.5 }, [
        value,
      ]),
    ),
  );

const numbers = fc.tuple(whole, fc.nat(300), fc.nat(9999)).chain(([value, around, fraction]) => {
  const samples = [value, Number(`${value}.${fraction}`)];
  return fc.constantFrom<Case>(
    plain({ type: 'number' }, [...samples, 1e-7, 1e21, 0.1 + 0.2]),
    plain({ type: 'number', minimum: value - around - 1, maximum: value + around + 1 }, samples),
    plain({ type: 'number', minimum: value - around - 1 }, samples),
    plain({ type: 'number', exclusiveMaximum: value + around + 1 }, samples),
    plain(
      { type: 'number', exclusiveMinimum: value - around - 1, exclusiveMaximum: value + 1 },
      samples,
    ),
  );
});

const fixed = fc
  .uniqueArray(anything, { minLength: 1, maxLength: 8, selector: (value) => JSON.stringify(value) })
  .chain((values) =>
    fc.constantFrom<Case>(
      plain({ enum: values }, values),
      plain({ const: values[0] ?? null }, [values[0] ?? null]),
    ),
  );

const untyped = anything.chain((value) =>
  fc.constantFrom(plain(true, [value]), plain({}, [value]), plain({ description: 'any' }, [value])),
);

const scalars = fc.oneof(
  strings,
  integers,
  numbers,
  fixed,
  untyped,
  fc.constantFrom(
    ...FORMATTED,
    plain({ type: 'boolean' }, [true, false]),
    plain({ type: 'null' }, [null]),
    plain({ type: ['string', 'null'] }, ['x', null]),
    plain({ type: ['integer', 'boolean', 'array'] }, [3, true, [1, 'x']]),
    plain({ type: 'object' }, [{}, { any: { thing: [1, null] } }]),
    plain({ type: 'array' }, [[], [1, 'two', [3]]]),
  ),
);

/** Random schemas of what tools use, with valid samples. */
export const cases: fc.Arbitrary<Case> = fc.letrec<{ value: Case }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'xsmall' },
    scalars,
    objects(tie('value')),
    arrays(tie('value')),
    combined(tie('value')),
    referred(tie('value')),
  ),
})).value;

/** The whole document of a case. */
export function documentOf({ schema, defs }: Case): JsonObject {
  const root = typeof schema === 'boolean' ? { allOf: [schema] } : schema;
  return { ...root, $schema: 'https://json-schema.org/draft/2020-12/schema', $defs: defs };
}

function objects(child: fc.Arbitrary<Case>): fc.Arbitrary<Case> {
  const member = fc.record({ name, child, required: fc.boolean(), present: fc.boolean() });
  const members = fc.uniqueArray(member, { maxLength: 4, selector: (one) => one.name });
  const extra = fc.oneof(fc.constantFrom('absent', true, false), child);
  return fc.tuple(members, extra, fc.nat(3)).map(([all, more, variant]) => {
    const properties = Object.fromEntries(all.map((one) => [one.name, one.child.schema]));
    const required = all.filter((one) => one.required).map((one) => one.name);
    const additional = typeof more === 'object' ? more.schema : more;
    const schema = {
      type: 'object',
      properties,
      ...(required.length > 0 ? { required } : {}),
      ...(additional === 'absent' ? {} : { additionalProperties: additional }),
    };
    const samples = [0, 1].map((turn) => {
      const present = all.filter((one) => one.required || one.present !== (turn === 1));
      const known = Object.fromEntries(present.map((one) => [one.name, sampleOf(one.child, turn)]));
      // Keys that look like numbers come first in JavaScript, so that the schema's order is the same.
      const own = Object.fromEntries(
        Object.keys(properties)
          .filter((key) => Object.hasOwn(known, key))
          .map((key) => [key, known[key] ?? null]),
      );
      const others =
        typeof more === 'object' && variant > 0 ? { 'further one': sampleOf(more, turn) } : {};
      return { ...own, ...others };
    });
    const defs = Object.assign(
      {},
      ...all.map((one) => one.child.defs),
      typeof more === 'object' ? more.defs : {},
    );
    return { schema, samples, defs };
  });
}

function arrays(child: fc.Arbitrary<Case>): fc.Arbitrary<Case> {
  return fc.tuple(child, child, fc.nat(3), fc.nat(2)).chain(([item, other, count, slack]) => {
    const list = Array.from({ length: count }, (_unused, index) => sampleOf(item, index));
    const defs = { ...item.defs, ...other.defs };
    const pair = [sampleOf(item, 0), sampleOf(other, 0)];
    return fc.constantFrom<Case>(
      { schema: { type: 'array', items: item.schema }, samples: [list, []], defs },
      {
        schema: {
          type: 'array',
          items: item.schema,
          minItems: Math.max(0, count - slack),
          maxItems: count + slack,
        },
        samples: [list],
        defs,
      },
      {
        schema: {
          type: 'array',
          prefixItems: [item.schema, other.schema],
          items: false,
          minItems: 2,
        },
        samples: [pair],
        defs,
      },
      {
        schema: { type: 'array', prefixItems: [item.schema], items: other.schema },
        samples: [pair, [], pair.slice(0, 1)],
        defs,
      },
      {
        schema: { type: 'array', prefixItems: [item.schema, other.schema] },
        samples: [pair, []],
        defs,
      },
    );
  });
}

function combined(child: fc.Arbitrary<Case>): fc.Arbitrary<Case> {
  return fc
    .tuple(child, child, fc.constantFrom('anyOf', 'allOf', 'object'), fc.nat(20))
    .map(([one, other, how, number]) => {
      const defs = { ...one.defs, ...other.defs };
      if (how === 'anyOf')
        return {
          schema: { anyOf: [one.schema, other.schema, { type: 'null' }] },
          samples: [...one.samples, ...other.samples, null],
          defs,
        };
      if (how === 'allOf')
        return {
          schema: { description: 'both', allOf: [one.schema, true] },
          samples: one.samples,
          defs,
        };
      const schema = {
        oneOf: [
          {
            type: 'object',
            properties: { kind: { const: 'one' }, value: one.schema },
            required: ['kind', 'value'],
          },
          {
            type: 'object',
            properties: { kind: { const: 'other' }, value: other.schema },
            required: ['kind'],
          },
        ],
        properties: { kind: { type: 'string' }, id: { type: 'integer', minimum: number } },
        allOf: [{ required: ['id'] }],
      };
      return {
        schema,
        samples: [
          { kind: 'one', id: number, value: sampleOf(one, 0) },
          { kind: 'other', id: number + 1 },
        ],
        defs,
      };
    });
}

function referred(child: fc.Arbitrary<Case>): fc.Arbitrary<Case> {
  return fc.tuple(child, fc.uuid(), fc.boolean()).map(([inner, key, recurs]) => {
    const reference = { $ref: `#/$defs/${key}` };
    if (!recurs)
      return {
        schema: { ...reference, title: key },
        samples: inner.samples,
        defs: { ...inner.defs, [key]: inner.schema },
      };
    const node = {
      type: 'object',
      properties: {
        value: inner.schema,
        next: { anyOf: [reference, { type: 'null' }] },
        children: { type: 'array', items: reference },
      },
      required: ['value'],
    };
    const leaf = { value: sampleOf(inner, 0) };
    const samples = [
      leaf,
      { value: sampleOf(inner, 1), next: leaf, children: [leaf, { ...leaf, next: null }] },
    ];
    return { schema: reference, samples, defs: { ...inner.defs, [key]: node } };
  });
}

function sampleOf({ samples }: Case, turn: number): JsonValue {
  return samples[turn % samples.length] ?? null;
}

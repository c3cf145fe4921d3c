import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatFormat } from '../../../src/formats/format.ts';
import { deepseekV4 } from '../../../src/formats/deepseek-dsml.ts';
import { gemma4 } from '../../../src/formats/gemma4.ts';
import { glm47 } from '../../../src/formats/glm.ts';
import { qwenXml } from '../../../src/formats/qwen-xml.ts';
import { seedOss } from '../../../src/formats/seed-oss.ts';
import type { JsonObject, JsonValue } from '../../../src/core/json.ts';
import { compileCalls } from '../native-grammar.ts';
import { readPieces, streamed } from '../read-output.ts';
import type { Found } from '../scenarios.ts';
import { cut } from '../../support/cut.ts';
import { propertyRuns } from '../../support/property-runs.ts';
import { covers } from '../../support/covers.ts';

const tool = (inputSchema: JsonObject) => [{ name: 'set', inputSchema }];
const property = (schema: JsonValue, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties: { v: schema },
  required: ['v'],
  ...more,
});

const qwenCall = (value: string) =>
  `<tool_call>\n<function=set>\n<parameter=v>\n${value}\n</parameter>\n</function>\n</tool_call>`;

const STRING = property({ type: 'string' });
const DEFINITIONS = { $defs: { Count: { type: 'integer' }, Name: { type: 'string' } } };

/** Title, schema, written text, its value, and true if the grammar accepts the text. */
const ROWS: readonly (readonly [string, JsonObject, string, JsonValue, boolean])[] = [
  ['text that looks like a number', STRING, '42', '42', true],
  ['text that looks like JSON', STRING, '{"a": 1}', '{"a": 1}', true],
  ['text with a newline at each end', STRING, '\na\n', '\na\n', true],
  ['empty text', STRING, '', '', true],
  ['text with a part of its closing tag', STRING, 'cout << x </para', 'cout << x </para', true],
  ['a number', property({ type: 'number' }), '-1.5e3', -1500, true],
  ['a boolean', property({ type: 'boolean' }), 'true', true, true],
  ['a boolean as in Python', property({ type: 'boolean' }), 'True', true, false],
  ['a list as in Python', property({ type: 'array' }), "['a', None]", ['a', null], false],
  ['text in place of a number', property({ type: 'integer' }), 'many', 'many', false],
  ['broken JSON', property({ type: 'array' }), '[1, ', '[1, ', false],
  ['a listed text', property({ enum: ['a', 'b'] }), 'b', 'b', true],
  ['a text that is not listed', property({ enum: ['a', 'b'] }), 'c', 'c', false],
  ['a listed number', property({ enum: [1, 'one'] }), '1', 1, true],
  ['a constant', property({ const: 'x' }), 'x', 'x', true],
  ['null for a text or null', property({ type: ['string', 'null'] }), 'null', null, true],
  ['text for a text or null', property({ type: ['string', 'null'] }), '17', '17', true],
  [
    'a number for a text or a number',
    property({ anyOf: [{ type: 'string' }, { type: 'integer' }] }),
    '17',
    17,
    true,
  ],
  [
    'text for a text or a number',
    property({ anyOf: [{ type: 'string' }, { type: 'integer' }] }),
    'x',
    'x',
    true,
  ],
  [
    'text for a boolean or a number',
    property({ oneOf: [{ type: 'boolean' }, { type: 'integer' }] }),
    'x',
    'x',
    false,
  ],
  ['a reference to a number', property({ $ref: '#/$defs/Count' }, DEFINITIONS), '17', 17, true],
  ['a reference to text', property({ $ref: '#/$defs/Name' }, DEFINITIONS), '17', '17', true],
  [
    'text for schemas that apply together',
    property({ allOf: [{ description: 'x' }, { $ref: '#/$defs/Name' }] }, DEFINITIONS),
    '17',
    '17',
    true,
  ],
  ['JSON for any type', property({}), '[1, 2]', [1, 2], true],
  ['text for any type', property({}), 'one, two', 'one, two', true],
  ['text for the schema true', property(true), 'None', 'None', true],
  ['an object without a type', property({ properties: { a: {} } }), '{"a": "1"}', { a: '1' }, true],
  ['a list without a type', property({ items: {} }), '["1"]', ['1'], true],
  ['a tool without a list of arguments', { type: 'object' }, '7', 7, true],
  ['a required argument without a schema', { type: 'object', required: ['v'] }, '7', 7, true],
];

const ADDRESS = tool({
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' }, state: { type: 'string' } },
});
const DALLAS = { call: 'set', input: { city: 'Dallas', state: 'TX' } };
const CITY = '<parameter=city>\nDallas\n';
const STATE = '<parameter=state>\nTX\n';

/** Title, format, output with a tag left out, and what is read. */
const LEFT_OUT: readonly (readonly [string, ChatFormat, string, readonly Found[]])[] = [
  [
    'the end of a parameter',
    qwenXml,
    `<tool_call>\n<function=set>\n${CITY}${STATE}</parameter>\n</function>\n</tool_call>`,
    [DALLAS],
  ],
  [
    'the end of the last parameter',
    qwenXml,
    `<tool_call>\n<function=set>\n${CITY}</parameter>\n${STATE}</function>\n</tool_call>`,
    [DALLAS],
  ],
  [
    'the end of a number',
    qwenXml,
    '<tool_call>\n<function=set>\n<parameter=days>\n3\n<parameter=city>\nDallas\n</parameter>\n</function>\n</tool_call>',
    [{ call: 'set', input: { days: 3, city: 'Dallas' } }],
  ],
  [
    'the end of the function',
    qwenXml,
    `<tool_call>\n<function=set>\n${CITY}</parameter>\n${STATE}</parameter>\n</tool_call>\nDone.`,
    [DALLAS, { text: 'Done.' }],
  ],
  [
    'the ends of a parameter and a function before another one',
    qwenXml,
    '<function=set>\n<parameter=days>\n3\n</parameter>\n<function=set>\n<parameter=days>\n4\n</parameter>\n</function>',
    [
      { call: 'set', input: { days: 3 } },
      { call: 'set', input: { days: 4 } },
    ],
  ],
  [
    'the end of a value of GLM',
    glm47,
    '<tool_call>set<arg_key>city</arg_key><arg_value>Dallas<arg_key>state</arg_key><arg_value>TX</arg_value></tool_call>',
    [DALLAS],
  ],
  [
    'the end of a parameter of DeepSeek',
    deepseekV4,
    '<｜DSML｜tool_calls>\n<｜DSML｜invoke name="set">\n<｜DSML｜parameter name="city" string="true">Dallas\n<｜DSML｜parameter name="state" string="true">TX</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>',
    [DALLAS],
  ],
  [
    'nothing, with the tag of an undeclared parameter in the value',
    qwenXml,
    '<tool_call>\n<function=set>\n<parameter=city>\na\n<parameter=b>\nc\n</parameter>\n</function>\n</tool_call>',
    [{ call: 'set', input: { city: 'a\n<parameter=b>\nc' } }],
  ],
  [
    'nothing, with the end of a function in the value',
    qwenXml,
    '<tool_call>\n<function=set>\n<parameter=city>\na\n</function>\nc\n</parameter>\n</function>\n</tool_call>',
    [{ call: 'set', input: { city: 'a\n</function>\nc' } }],
  ],
];

describe('a call that leaves out', () => {
  covers('R3.2-values', 'R3.2-splits');

  it.each(LEFT_OUT)('%s is read', (_title, format, output, expected) => {
    for (let place = 0; place < output.length; place++) {
      const pieces = cut(output, [place]);
      expect(readPieces(format, pieces, { tools: ADDRESS }), `cut at ${place}`).toEqual(expected);
    }
    expect(readPieces(format, output.split(''), { tools: ADDRESS })).toEqual(expected);
  });
});

describe('a value in tags', () => {
  covers('R3.2-values', 'R3.1-valid');

  it('counts once if its parameter is repeated', () => {
    const parameter = (value: string) => `<parameter=v>\n${value}\n</parameter>\n`;
    const output = `<tool_call>\n<function=set>\n${parameter('a')}${parameter('b')}</function>\n</tool_call>`;
    for (const pieces of [[output], output.split('')]) {
      const found = readPieces(qwenXml, pieces, { tools: tool(STRING) });
      expect(found).toEqual([{ call: 'set', input: { v: 'a' } }]);
    }
    expect(streamed(qwenXml, output, { tools: tool(STRING) }).json).toBe('{"v": "a"}');
  });

  it.each(ROWS)('can be %s', async (_title, schema, written, value, admitted) => {
    const tools = tool(schema);
    const output = qwenCall(written);
    const expected = [{ call: 'set', input: { v: value } }];
    expect(readPieces(qwenXml, [output], { tools })).toEqual(expected);
    expect(readPieces(qwenXml, output.split(''), { tools })).toEqual(expected);
    const trigger = '<tool_call>';
    const admits = await compileCalls(qwenXml, tools, { trigger, parallel: true });
    expect(admits(output.slice(trigger.length))).toBe(admitted);
  });

  it.each([
    ['true', 'the string', '17', '17'],
    ['false', 'the number', '17', 17],
    ['false', 'the text, since it is not JSON', 'a b', 'a b'],
  ])('with string="%s" is read as %s', (says, _kind, written, value) => {
    const mark = '｜DSML｜';
    const output = `<${mark}tool_calls>\n<${mark}invoke name="set">\n<${mark}parameter name="v" string="${says}">${written}</${mark}parameter>\n</${mark}invoke>\n</${mark}tool_calls>`;
    const tools = tool(property({}));
    expect(readPieces(deepseekV4, [output], { tools })).toEqual([
      { call: 'set', input: { v: value } },
    ]);
  });

  const WRITERS: readonly (readonly [ChatFormat, (value: string) => string])[] = [
    [qwenXml, qwenCall],
    [
      seedOss,
      (value) =>
        `<seed:tool_call>\n<function=set>\n<parameter=v>${value}</parameter>\n</function>\n</seed:tool_call>`,
    ],
    [
      glm47,
      (value) => `<tool_call>set<arg_key>v</arg_key><arg_value>${value}</arg_value></tool_call>`,
    ],
    [gemma4, (value) => `<|tool_call>call:set{v:<|"|>${value}<|"|>}<tool_call|>`],
  ];

  it.each(WRITERS)('can be any text for $name', async (format, write) => {
    const tools = tool(STRING);
    const [trigger = ''] = format.tools?.triggers ?? [];
    const admits = await compileCalls(format, tools, { trigger, parallel: true });
    const piece = fc.constantFrom(
      '<',
      '</',
      '</para',
      '<|',
      '"',
      '\n',
      '\\',
      '{',
      '}',
      'é',
      ' ',
      '🗼',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const text = pieces.join('');
        const output = write(text);
        const expected = [{ call: 'set', input: { v: text } }];
        expect(readPieces(format, output.split(''), { tools })).toEqual(expected);
        expect(admits(output.slice(trigger.length))).toBe(true);
      }),
      { numRuns: propertyRuns(300) },
    );
  });
});

import { describe, expect, it } from 'vitest';
import { gemma4 } from '../../src/formats/gemma4.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { compileCalls } from './native-grammar.ts';
import { readPieces } from './read-output.ts';
import { covers } from '../support/covers.ts';

const TREE: JsonObject = {
  type: 'object',
  properties: { tree: { $ref: '#/$defs/Node' } },
  required: ['tree'],
  $defs: {
    Node: {
      type: 'object',
      properties: {
        name: { type: 'string' },
        Children: { type: 'array', items: { $ref: '#/$defs/Node' } },
      },
      required: ['name'],
    },
  },
};

const OPTIONAL: JsonObject = {
  type: 'object',
  properties: { b: { type: 'integer' }, a: { type: 'integer' }, c: { type: 'integer' } },
  required: ['b'],
};

const NONE_REQUIRED: JsonObject = {
  type: 'object',
  properties: { a: { type: 'boolean' }, b: { type: ['string', 'null'] } },
};

const LISTED: JsonObject = {
  type: 'object',
  properties: { v: { enum: ['a', 2, null, { x: 'y' }] } },
  required: ['v'],
};

/** Title, schema, arguments in Gemma's syntax, their value, and true if the grammar accepts them. */
const ROWS: readonly (readonly [string, JsonObject, string, JsonObject, boolean])[] = [
  [
    'a recursive schema',
    TREE,
    '{tree:{Children:[{Children:[],name:<|"|>b<|"|>},{name:<|"|>c<|"|>}],name:<|"|>a<|"|>}}',
    { tree: { name: 'a', Children: [{ name: 'b', Children: [] }, { name: 'c' }] } },
    true,
  ],
  [
    'a missing required property of a nested object',
    TREE,
    '{tree:{Children:[]}}',
    { tree: { Children: [] } },
    false,
  ],
  ['the required property alone', OPTIONAL, '{b:1}', { b: 1 }, true],
  ['an optional property before the required one', OPTIONAL, '{a:0,b:1}', { a: 0, b: 1 }, true],
  ['an optional property after the required one', OPTIONAL, '{b:1,c:2}', { b: 1, c: 2 }, true],
  ['all properties', OPTIONAL, '{a:0,b:1,c:2}', { a: 0, b: 1, c: 2 }, true],
  ['optional properties without the required one', OPTIONAL, '{a:0,c:2}', { a: 0, c: 2 }, false],
  ['no property if all are optional', NONE_REQUIRED, '{}', {}, true],
  ['the last of several optional properties', NONE_REQUIRED, '{b:null}', { b: null }, true],
  ['several optional properties', NONE_REQUIRED, '{a:true,b:<|"|><|"|>}', { a: true, b: '' }, true],
  ['a listed text', LISTED, '{v:<|"|>a<|"|>}', { v: 'a' }, true],
  ['a listed number', LISTED, '{v:2}', { v: 2 }, true],
  ['a listed object', LISTED, '{v:{x:<|"|>y<|"|>}}', { v: { x: 'y' } }, true],
  ['an unlisted number', LISTED, '{v:3}', { v: 3 }, false],
  [
    'arguments of any kind',
    { type: 'object' },
    '{v:[1,<|"|>a<|"|>,{b:null}],w:-1.5}',
    { v: [1, 'a', { b: null }], w: -1.5 },
    true,
  ],
  ['quoted keys', OPTIONAL, '{<|"|>b<|"|>:1}', { b: 1 }, false],
  ['text in JSON quotes', NONE_REQUIRED, String.raw`{b:"a\"}"}`, { b: 'a"}' }, false],
  ['text without quotes', NONE_REQUIRED, '{b:some text}', { b: 'some text' }, false],
];

describe('the parser and the grammar of Gemma 4', () => {
  covers('R3.2-values', 'R3.1-valid');

  it.each(ROWS)('handle %s', async (_title, inputSchema, written, input, admitted) => {
    const tools = [{ name: 'set', inputSchema }];
    const output = `<|tool_call>call:set${written}<tool_call|>`;
    expect(readPieces(gemma4, [output], { tools })).toEqual([{ call: 'set', input }]);
    expect(readPieces(gemma4, output.split(''), { tools })).toEqual([{ call: 'set', input }]);
    const trigger = '<|tool_call>';
    const admits = await compileCalls(gemma4, tools, { trigger, parallel: true });
    expect(admits(output.slice(trigger.length))).toBe(admitted);
  });
});

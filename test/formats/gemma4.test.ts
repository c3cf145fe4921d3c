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

/** A schema, the arguments as a model writes them, what they mean, and whether the grammar admits them. */
const ROWS: readonly (readonly [string, JsonObject, string, JsonObject, boolean])[] = [
  [
    'a schema that names itself',
    TREE,
    '{tree:{Children:[{Children:[],name:<|"|>b<|"|>},{name:<|"|>c<|"|>}],name:<|"|>a<|"|>}}',
    { tree: { name: 'a', Children: [{ name: 'b', Children: [] }, { name: 'c' }] } },
    true,
  ],
  [
    'a required property missing deep inside',
    TREE,
    '{tree:{Children:[]}}',
    { tree: { Children: [] } },
    false,
  ],
  ['the required property alone', OPTIONAL, '{b:1}', { b: 1 }, true],
  ['an optional one before it', OPTIONAL, '{a:0,b:1}', { a: 0, b: 1 }, true],
  ['an optional one behind it', OPTIONAL, '{b:1,c:2}', { b: 1, c: 2 }, true],
  ['all of them', OPTIONAL, '{a:0,b:1,c:2}', { a: 0, b: 1, c: 2 }, true],
  ['optional ones without it', OPTIONAL, '{a:0,c:2}', { a: 0, c: 2 }, false],
  ['no property of those that may be left out', NONE_REQUIRED, '{}', {}, true],
  ['the last of those', NONE_REQUIRED, '{b:null}', { b: null }, true],
  ['both of those', NONE_REQUIRED, '{a:true,b:<|"|><|"|>}', { a: true, b: '' }, true],
  ['a listed text', LISTED, '{v:<|"|>a<|"|>}', { v: 'a' }, true],
  ['a listed number', LISTED, '{v:2}', { v: 2 }, true],
  ['a listed object', LISTED, '{v:{x:<|"|>y<|"|>}}', { v: { x: 'y' } }, true],
  ['what is not listed', LISTED, '{v:3}', { v: 3 }, false],
  [
    'arguments of any kind',
    { type: 'object' },
    '{v:[1,<|"|>a<|"|>,{b:null}],w:-1.5}',
    { v: [1, 'a', { b: null }], w: -1.5 },
    true,
  ],
  ['keys in quotes', OPTIONAL, '{<|"|>b<|"|>:1}', { b: 1 }, false],
  ['text in JSON’s quotes', NONE_REQUIRED, String.raw`{b:"a\"}"}`, { b: 'a"}' }, false],
  ['text without quotes', NONE_REQUIRED, '{b:some text}', { b: 'some text' }, false],
];

describe('arguments as Gemma 4 writes them', () => {
  covers('R3.2-values', 'R3.1-valid');

  it.each(ROWS)('%s', async (_title, inputSchema, written, input, admitted) => {
    const tools = [{ name: 'set', inputSchema }];
    const output = `<|tool_call>call:set${written}<tool_call|>`;
    expect(readPieces(gemma4, [output], { tools })).toEqual([{ call: 'set', input }]);
    expect(readPieces(gemma4, output.split(''), { tools })).toEqual([{ call: 'set', input }]);
    const trigger = '<|tool_call>';
    const admits = await compileCalls(gemma4, tools, { trigger, parallel: true });
    expect(admits(output.slice(trigger.length))).toBe(admitted);
  });
});

import { describe, expect, it } from 'vitest';
import { callFault, callsIn } from '../../../../src/pipeline/middleware/shared/call-faults.ts';
import type { ToolSpec } from '../../../../src/core/conversation.ts';
import type { JsonObject } from '../../../../src/core/json.ts';
import { covers } from '../../../support/covers.ts';

function tool(inputSchema: JsonObject): ToolSpec {
  return {
    name: 'look',
    description: '',
    inputSchema,
    origin: { kind: 'custom' },
    deferred: false,
  };
}

const SCHEMA = {
  type: 'object',
  properties: {
    at: { type: 'string' },
    times: { type: 'integer' },
    where: { type: ['object', 'null'] },
    any: { anyOf: [{ type: 'string' }] },
    odd: { type: 'uuid' },
    list: { type: 'array', items: { enum: ['a', { b: 1 }] } },
    pair: { prefixItems: [{ const: 1 }], items: { const: 2 } },
    deep: { required: ['in'] },
    one: { const: 1 },
    elsewhere: { $ref: '#/$defs/x', const: 1 },
  },
  required: ['at', 'undeclared'],
};

const fault = (input: JsonObject, name = 'look', schema: JsonObject = SCHEMA) =>
  callFault({ kind: 'tool-call', id: 'toolu_1', name, input }, [tool(schema)]);

describe('callFault', () => {
  covers('R4.4-enforced');

  it.each([
    [{ at: 'it', undeclared: 1 }],
    [{ at: 'it', undeclared: null, times: 3, where: null, any: 7, odd: 7, list: [], more: {} }],
    [{ at: '', undeclared: [], times: 1e20, where: {} }],
    [{ at: '', undeclared: 1, list: ['a', { b: 1 }], pair: [1, 2], deep: { in: 1 }, one: 1 }],
    [{ at: '', undeclared: 1, elsewhere: 7 }],
  ])('accepts %o', (input) => {
    expect(fault(input)).toBeUndefined();
  });

  it.each([
    [{}, 'look needs the argument "at"'],
    [{ at: 'it' }, 'look needs the argument "undeclared"'],
    [{ at: 1, undeclared: 1 }, 'the argument "at" of look must be of the type string'],
    [
      { at: '', undeclared: 1, times: 1.5 },
      'the argument "times" of look must be of the type integer',
    ],
    [
      { at: '', undeclared: 1, where: [] },
      'the argument "where" of look must be of the type object or null',
    ],
    [{ at: '', undeclared: 1, list: {} }, 'the argument "list" of look must be of the type array'],
    [{ at: '', undeclared: 1, list: [7] }, 'the argument "list.0" of look must be "a" or {"b":1}'],
    [{ at: '', undeclared: 1, deep: {} }, 'look needs the argument "deep.in"'],
    [{ at: '', undeclared: 1, one: 2 }, 'the argument "one" of look must be 1'],
  ])('rejects %o: %s', (input, says) => {
    expect(fault(input)).toBe(says);
  });

  it('rejects a tool that is not offered', () => {
    expect(fault({}, 'touch')).toBe('there is no tool named touch');
  });

  it.each([
    [{}],
    [{ type: 'object' }],
    [{ required: [1], properties: [] }],
    [{ properties: { toString: {} } }],
  ])('finds no fault by the schema %o', (schema: JsonObject) => {
    expect(fault({ at: 1, toString: 1, constructor: 1 }, 'look', schema)).toBeUndefined();
  });

  it('reads the input from its pieces, and as empty if it is not an object', () => {
    const calls = callsIn([
      { type: 'tool-call-start', id: 'a', name: 'one' },
      { type: 'tool-call-delta', id: 'a', json: '{"x":' },
      { type: 'tool-call-start', id: 'b', name: 'two' },
      { type: 'tool-call-delta', id: 'b', json: '[1]' },
      { type: 'tool-call-delta', id: 'a', json: '1}' },
      { type: 'tool-call-end', id: 'a' },
      { type: 'tool-call-start', id: 'c', name: 'three' },
      { type: 'tool-call-delta', id: 'c', json: '{"x"' },
    ]);
    expect(calls.map(({ name, input }) => [name, input])).toEqual([
      ['one', { x: 1 }],
      ['two', {}],
      ['three', {}],
    ]);
  });
});

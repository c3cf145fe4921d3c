import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lfm2 } from '../../src/formats/lfm2.ts';
import { writePythonCall } from '../../src/formats/shared/python-literals.ts';
import type { CallableTool } from '../../src/formats/format.ts';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { cut } from '../support/cut.ts';
import { compileCalls } from './native-grammar.ts';
import { readPieces } from './read-output.ts';
import { propertyRuns } from '../support/property-runs.ts';
import { covers } from '../support/covers.ts';

const TOOL: CallableTool = { name: 'run', inputSchema: { type: 'object' } };
const OPEN = '<|tool_call_start|>';
const written = (call: string) => `${OPEN}[${call}]<|tool_call_end|>`;
const read = (pieces: readonly string[]) => readPieces(lfm2, pieces, { tools: [TOOL] });

/** Replaces -0, which JSON does not have. */
function withoutMinusZero(value: unknown): JsonValue {
  const again: JsonValue = JSON.parse(JSON.stringify(value));
  return again;
}

const VALUES: readonly (readonly [string, JsonObject])[] = [
  [`a='it''s'`.replace("''", String.raw`\'`), { a: "it's" }],
  [String.raw`a="tab\tline\nback\\slash"`, { a: 'tab\tline\nback\\slash' }],
  [String.raw`a="\x41\u00e9\U0001F5FC"`, { a: 'Aé🗼' }],
  [String.raw`a="\ud83d\uddfc"`, { a: '🗼' }],
  [String.raw`a="\d+ \/ \x4"`, { a: '\\d+ / \\x4' }],
  ['a="two\nlines"', { a: 'two\nlines' }],
  [`a="""say "hi" twice"""`, { a: 'say "hi" twice' }],
  ['a="", b=""', { a: '', b: '' }],
  ['a=True, b=False, c=None', { a: true, b: false, c: null }],
  ['a=true, b=null', { a: true, b: null }],
  ['a=-1.5e3, b=0', { a: -1500, b: 0 }],
  ['a=celsius', { a: 'celsius' }],
  ["a=['x', (1, 2), []]", { a: ['x', [1, 2], []] }],
  ["a={'k': [True], 'n': {}}", { a: { k: [true], n: {} } }],
  ['a = 1 , b = [ 1 , 2, ] ,', { a: 1, b: [1, 2] }],
  ['a="x", b=1, a="y", a=[2]', { a: 'x', b: 1 }],
  ['', {}],
];

describe('the parser of Python calls', () => {
  covers('R3.2-values');

  it.each(VALUES)('reads run(%s)', (values, input) => {
    const output = written(`run(${values})`);
    expect(read([output])).toEqual([{ call: 'run', input }]);
    expect(read(output.split(''))).toEqual([{ call: 'run', input }]);
  });

  it.each(['a=', 'a=[1', 'a={"k"', 'a={1: 2}', 'a="x" b', 'a=1, 2', 'a="\\'])(
    'does not complete a malformed call: run(%s',
    (values) => {
      expect(read([`${OPEN}[run(${values}`])).not.toContainEqual(
        expect.objectContaining({ input: expect.anything() }),
      );
    },
  );

  it('reads any written call for all chunks', () => {
    const input = fc.dictionary(
      fc.stringMatching(/^[a-z_]\w{0,8}$/),
      fc.jsonValue().map(withoutMinusZero),
    );
    fc.assert(
      fc.property(input, fc.array(fc.nat(200), { maxLength: 8 }), (value, cuts) => {
        const given = { ...value };
        const output = written(writePythonCall('run', given));
        expect(read(cut(output, cuts))).toEqual([{ call: 'run', input: given }]);
      }),
      { numRuns: propertyRuns(2000) },
    );
  });
});

describe('the grammar of Python calls', () => {
  covers('R3.1-valid');

  const schema: JsonObject = {
    type: 'object',
    properties: {
      first: { type: 'string' },
      second: { $ref: '#/$defs/Count' },
      third: { type: ['boolean', 'null'] },
      fourth: { type: 'boolean' },
    },
    required: ['second'],
    additionalProperties: false,
    $defs: { Count: { type: 'integer' } },
  };
  const rows = [
    ['second=1', true],
    ['first="x", second=1', true],
    ['first="x", second=1, fourth=True', true],
    ['second=1, third=None, fourth=false', true],
    ['first="x"', false],
    ['', false],
    ['second="1"', false],
    ['second=1, fifth=1', false],
    ['second=1, fourth=None', false],
    [', second=1', false],
  ] as const;

  it.each(rows)('accepts run(%s): %s', async (values, admitted) => {
    const tools = [{ name: 'run', inputSchema: schema }];
    const admits = await compileCalls(lfm2, tools, { trigger: OPEN, parallel: false });
    expect(admits(`[run(${values})]<|tool_call_end|>`)).toBe(admitted);
  });

  it('accepts any arguments if the schema lists none', async () => {
    const admits = await compileCalls(lfm2, [TOOL], { trigger: OPEN, parallel: false });
    expect(admits('[run(anything=[1, "x"], more={})]<|tool_call_end|>')).toBe(true);
    expect(admits('[run()]<|tool_call_end|>')).toBe(true);
  });
});

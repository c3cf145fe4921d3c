import { describe, expect, it } from 'vitest';
import { loadModels } from '../model-fixture.ts';
import { compileCalls } from '../native-grammar.ts';
import { callSections, readPieces } from '../read-output.ts';

const minimaxM3 = (await loadModels()).find(({ name }) => name === 'minimax-m3')?.fixture.format;
if (minimaxM3 === undefined) throw new Error('No fixture of MiniMax-M3.');
const format = minimaxM3;

const NS = ']<]minimax[>[';
const tag = (name: string, inside: string) => `${NS}<${name}>${inside}${NS}</${name}>`;
const callOf = (inside: string) =>
  `${NS}<tool_call>\n${NS}<invoke name="edit">${inside}${NS}</invoke>\n${NS}</tool_call>`;

const TOOL = {
  name: 'edit',
  inputSchema: {
    type: 'object',
    properties: {
      limit: { anyOf: [{ type: 'integer' }, { type: 'array', items: { type: 'string' } }] },
      tree: { $ref: '#/$defs/tree' },
      free: {},
      empty: { type: 'array', items: { type: 'integer' } },
    },
    additionalProperties: false,
    $defs: {
      tree: {
        type: 'object',
        properties: { leaf: { type: 'string' }, tree: { $ref: '#/$defs/tree' } },
        required: ['leaf'],
        additionalProperties: false,
      },
    },
  },
} as const;

describe('values in marks inside values', () => {
  it.each([
    ['a scalar of several types', tag('limit', '5'), { limit: 5 }],
    [
      'a list of several types',
      tag('limit', tag('item', 'a') + tag('item', '5')),
      { limit: ['a', '5'] },
    ],
    [
      'an object in one of its own name',
      tag('tree', tag('leaf', 'a') + tag('tree', tag('leaf', '<b>'))),
      { tree: { leaf: 'a', tree: { leaf: '<b>' } } },
    ],
    [
      'members without a schema',
      tag('free', tag('a', '1') + tag('b', tag('item', 'x'))),
      { free: { a: 1, b: ['x'] } },
    ],
    ['an empty list', tag('empty', ''), { empty: [] }],
  ])('are read and admitted: %s', async (_what, inside, input) => {
    const output = callOf(inside);
    const expected = [{ call: 'edit', input }];
    for (const pieces of [[output], output.split('')]) {
      expect(readPieces(format, pieces, { tools: [TOOL] })).toEqual(expected);
    }
    const [section] = callSections(format, output, { tools: [TOOL] });
    const options = { trigger: section?.trigger ?? '', parallel: true };
    const admits = await compileCalls(format, [TOOL], options);
    expect(admits(section?.text ?? '')).toBe(true);
  });

  it.each([
    ['a wrong type', tag('empty', tag('item', 'x'))],
    ['a missing member', tag('tree', '')],
    ['an unknown member', tag('tree', tag('leaf', 'a') + tag('root', 'b'))],
  ])('are refused by the grammar: %s', async (_what, inside) => {
    const [section] = callSections(format, callOf(inside), { tools: [TOOL] });
    const options = { trigger: section?.trigger ?? '', parallel: true };
    const admits = await compileCalls(format, [TOOL], options);
    expect(admits(section?.text ?? '')).toBe(false);
  });

  it('are incomplete beyond the limit of depth', () => {
    const deep = `${NS}<tree>`.repeat(200) + `${NS}</tree>`.repeat(200);
    expect(readPieces(format, [callOf(deep)], { tools: [TOOL] })).toContainEqual({
      call: 'edit',
      cut: true,
    });
  });
});

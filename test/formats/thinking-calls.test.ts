import { describe, expect, it } from 'vitest';
import { hermes } from '../../src/formats/hermes.ts';
import { cut } from '../support/cut.ts';
import { loadFixtures, waysToWrite } from './family-fixture.ts';
import { loadModels } from './model-fixture.ts';
import { readPieces } from './read-output.ts';
import { SCENARIOS } from './scenarios.ts';
import type { Found } from './scenarios.ts';
import { covers } from '../support/covers.ts';

const FIXTURES = (await loadFixtures()).map(([name, fixture]) => ({ name, ...fixture }));
const MODELS = (await loadModels()).map(({ name, model, reading: { format } }) => ({
  name,
  format,
  outputs: model.outputs,
}));

/** Families and models with thinking in tags, and their output for `thinking + call`. */
const ROWS = [...FIXTURES, ...MODELS].flatMap(({ name: family, format, outputs }) => {
  const { thinking } = format;
  if (thinking === undefined || format.readOutput !== undefined) return [];
  return waysToWrite(outputs['thinking + call'])
    .filter(({ output }) => output.includes(thinking.close))
    .map((way) => {
      const [before = '', call = ''] = way.output.split(thinking.close);
      return { family, format, way, before, call: call.trimStart(), close: thinking.close };
    });
});

const LOOK = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>';
const PARIS: Found = { call: 'get_weather', input: { city: 'Paris' } };

/** Outputs of a Hermes model whose prompt opened the thinking. */
const THOUGHTS: readonly (readonly [string, string, readonly Found[]])[] = [
  ['a call and text', `${LOOK}\nDone.`, [PARIS, { text: 'Done.' }]],
  ['two calls', `Hm.\n${LOOK}\n${LOOK}`, [{ thinking: 'Hm.' }, PARIS, PARIS]],
  [
    'a mention and a call',
    `I use <tool_call> for it.\n${LOOK}`,
    [{ thinking: 'I use <tool_call> for it.' }, PARIS],
  ],
  [
    'a call of an unknown tool and a call',
    `<tool_call>\n{"name": "other", "arguments": {}}\n</tool_call>\n${LOOK}`,
    [{ thinking: '<tool_call>\n{"name": "other", "arguments": {}}\n</tool_call>' }, PARIS],
  ],
  [
    'a broken example and a call',
    `<tool_call>{"name": "ping", "arguments": {…}}</tool_call>\n${LOOK}`,
    [{ thinking: '<tool_call>{"name": "ping", "arguments": {…}}</tool_call>' }, PARIS],
  ],
  [
    'a mention that is closed inside of a string',
    'So <tool_call>{"name": "ping", "arguments": {"a": "</think>Hello.',
    [{ thinking: 'So <tool_call>{"name": "ping", "arguments": {"a": "' }, { text: 'Hello.' }],
  ],
  [
    'a mentioned call, the end of the thinking and a call',
    `I write ${LOOK} now.</think>\n${LOOK}`,
    [{ thinking: `I write ${LOOK} now.` }, PARIS],
  ],
  [
    'a call that was cut off',
    `Hm.\n${LOOK.slice(0, 50)}`,
    [{ thinking: `Hm.\n${LOOK.slice(0, 50)}` }],
  ],
  ['no call', 'Hm, <tool', [{ thinking: 'Hm, <tool' }]],
];

describe('a call in thinking that was never closed', () => {
  covers('R3.2-thinking', 'R3.2-splits');

  it('is possible in most families', () => {
    expect(new Set(ROWS.map(({ family }) => family)).size).toBeGreaterThan(35);
  });

  it.each(ROWS)('ends the thinking of $family', ({ format, way, before, call }) => {
    const output = before + call;
    const expected = SCENARIOS['thinking + call'];
    for (let place = 0; place < output.length; place++) {
      expect(readPieces(format, cut(output, [place]), way), `cut at ${place}`).toEqual(expected);
    }
    expect(readPieces(format, output.split(''), way)).toEqual(expected);
  });

  it.each(ROWS)('stays thinking of $family if that is closed', (row) => {
    const { format, way, before, call, close } = row;
    const output = `${before.trimEnd()}\n${call}\nor so.${close}Hello.`;
    for (const pieces of [[output], output.split('')]) {
      const [thinking, ...rest] = readPieces(format, pieces, way);
      expect(thinking).toEqual({ thinking: `The user wants the weather.\n${call}\nor so.` });
      expect(rest).toEqual([{ text: 'Hello.' }]);
    }
  });

  it.each(THOUGHTS)('is read in thinking with %s', (_title, output, expected) => {
    const options = { thinkingOpen: true, complete: true };
    for (let place = 0; place < output.length; place++) {
      expect(readPieces(hermes, cut(output, [place]), options), `cut at ${place}`).toEqual(
        expected,
      );
    }
    expect(readPieces(hermes, output.split(''), options)).toEqual(expected);
  });
});

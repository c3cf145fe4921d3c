import { describe, expect, it } from 'vitest';
import { llama4 } from '../../src/formats/llama4.ts';
import { compileCalls } from './native-grammar.ts';
import { callSections, readPieces } from './read-output.ts';
import { SCENARIOS, TOOLS } from './scenarios.ts';
import type { Found } from './scenarios.ts';

const PARIS = '{"name": "get_weather", "parameters": {"city": "Paris"}}';
const ROME = '{"name": "get_weather", "parameters": {"city": "Rome", "days": 2}}';
const text = (words: string): Found => ({ text: words });

/** Outputs with text between the marks, in which the template of Llama 4 writes text before calls. */
const ROWS: readonly (readonly [string, string, readonly Found[]])[] = [
  [
    'calls after it',
    `<|python_start|>Let me look.<|python_end|>${PARIS}${ROME}`,
    [text('Let me look.'), ...SCENARIOS['two calls']],
  ],
  ['nothing after it', '<|python_start|>print(1)<|python_end|>', [text('print(1)')]],
  ['no end', '<|python_start|>print(', [text('print(')]],
];

describe('text in the marks of Llama 4', () => {
  it.each(ROWS)('loses its marks, with %s', async (_what, output, found) => {
    for (let at = 0; at <= output.length; at++) {
      const pieces = [output.slice(0, at), output.slice(at)];
      expect({ at, found: readPieces(llama4, pieces) }).toEqual({ at, found });
    }
    expect(readPieces(llama4, output.split(''))).toEqual(found);
    for (const { trigger, text: section } of callSections(llama4, output)) {
      const admits = await compileCalls(llama4, TOOLS, { trigger, parallel: true });
      expect(admits(section) || !output.includes('<|python_end|>')).toBe(true);
    }
  });

  it('is no call of a wrong form', async () => {
    const admits = await compileCalls(llama4, TOOLS, {
      trigger: '<|python_start|>',
      parallel: true,
    });
    expect(admits('{"name": "get_weather", "parameters": {}}<|python_end|>')).toBe(false);
    expect(admits('[get_weather()]<|python_end|>')).toBe(false);
  });
});

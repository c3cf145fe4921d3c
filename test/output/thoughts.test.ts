import { describe, expect, it } from 'vitest';
import { gemma4 } from '../../src/formats/gemma4.ts';
import { hermes } from '../../src/formats/hermes.ts';
import { OutputParser } from '../../src/output/output-parser.ts';
import { cpuMsOf } from '../support/cpu-time.ts';
import { covers } from '../support/covers.ts';

const CALL = '<tool_call>\n{"name": "look", "arguments": {"at": "it"}}\n</tool_call>';

function thinkingParser(): OutputParser {
  return new OutputParser({
    format: hermes,
    thinkingOpen: true,
    continuesText: false,
    tools: [{ name: 'look', inputSchema: { type: 'object' } }],
  });
}

describe('thinking with triggers of calls', () => {
  covers('R3.2-splits');

  it('is streamed up to a trigger, and after one that no call follows', () => {
    const parser = thinkingParser();
    expect(parser.push('I could write')).toEqual([{ type: 'thinking', text: 'I could write' }]);
    expect(parser.push(' <tool_call>')).toEqual([]);
    expect(parser.push(' around')).toEqual([
      { type: 'thinking', text: ' <tool_call>' },
      { type: 'thinking', text: ' around' },
    ]);
  });

  it('is held back from a complete call on until the thinking is closed', () => {
    const parser = thinkingParser();
    expect(parser.push(CALL)).toEqual([]);
    expect([parser.thinking, parser.holdsCall]).toEqual([true, true]);
    expect(parser.push(' or not.</think>')).toEqual([
      { type: 'thinking', text: `${CALL} or not.` },
    ]);
    expect([parser.thinking, parser.holdsCall]).toEqual([false, false]);
  });

  it('is no call if text follows and the output was cut off', () => {
    const parser = thinkingParser();
    parser.push(`${CALL}\nI am not sure`);
    const pieces = parser.end(true);
    expect(new Set(pieces.map(({ type }) => type))).toEqual(new Set(['thinking']));
  });

  it.each([
    ['triggers', '<tool_call>', 20_000],
    ['begun calls', '<tool_call>{"name": "look", "arguments": {"at": "', 10_000],
    ['complete calls', CALL, 5000],
  ])('takes linear time for many %s', (_what, piece, count) => {
    for (const chunks of [Array<string>(count).fill(piece), [piece.repeat(count)]]) {
      const milliseconds = cpuMsOf(() => {
        const parser = thinkingParser();
        for (const chunk of chunks) parser.push(chunk);
        parser.end(false);
      });
      expect(milliseconds).toBeLessThan(4000);
    }
  });

  it('takes linear time for much white space before a word', () => {
    const milliseconds = cpuMsOf(() => {
      const parser = thinkingParser();
      for (const character of `So${'\n'.repeat(60_000)}I</think>`) parser.push(character);
      expect(parser.thinking).toBe(false);
    });
    expect(milliseconds).toBeLessThan(700);
  });

  it('takes linear time for many later blocks that are never closed', () => {
    const parser = new OutputParser({
      format: gemma4,
      thinkingOpen: false,
      continuesText: false,
      tools: [],
    });
    const milliseconds = cpuMsOf(() => {
      parser.push('Hi.<|channel>thought\n'.repeat(20_000));
      parser.end(false);
    });
    expect(milliseconds).toBeLessThan(4000);
  });
});

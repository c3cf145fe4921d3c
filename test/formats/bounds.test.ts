import { describe, expect, it } from 'vitest';
import { leaked } from '../../src/output/leaked.ts';
import { Output } from '../../src/output/output.ts';
import type { GenerationEvent } from '../../src/core/events.ts';
import { JsonPrefix } from '../../src/formats/repair/json-prefix.ts';
import { cpuMsOf } from '../support/cpu-time.ts';

/** Limit of CPU time in ms. Quadratic work would take minutes here. */
const LINEAR = 4_000;
const PIECES = 150_000;

describe('the check of arguments', () => {
  it.each([
    ['a string', '{"content":"', 'abcd', '"}'],
    ['escapes', '{"content":"', String.raw`\n`, '"}'],
    ['empty lists', '{"a":[', '[],', '1]}'],
    ['a key', '{"', 'abcd', '":1}'],
    ['a number', '{"a":1', '0000', '}'],
    ['text after a mistake', '{"a":True,"b":"', 'abcd', '"}'],
  ])('takes linear time for %s', (_what, begin, piece, end) => {
    const prefix = new JsonPrefix({});
    let sent = '';
    const milliseconds = cpuMsOf(() => {
      sent += prefix.push(begin);
      for (let index = 0; index < PIECES; index++) sent += prefix.push(piece);
      sent += prefix.push(end);
    });
    expect(prefix.text).toBe(begin + piece.repeat(PIECES) + end);
    expect(prefix.text.startsWith(sent)).toBe(true);
    expect(milliseconds).toBeLessThan(LINEAR);
  });
});

describe('the parser of leaked calls', () => {
  const tools = [
    {
      name: 'get_weather',
      inputSchema: { type: 'object', properties: { city: { type: 'string' } } },
    },
  ];
  const begun = '{"name":"get_weather","arguments":{"city":"';

  it.each([
    ['a call that never ends', `<tool_call>${begun}`, 'abcd', PIECES],
    ['calls in a loop', '', `<tool_call>${begun}`, 20_000],
    ['triggers', '', '<tool_call>', 20_000],
    ['triggers of another family', '', '[TOOL_CALLS]', 20_000],
    ['triggers of a function', '', '<function=get_weather>', 20_000],
    ['triggers of a tool', '', '<|python_tag|>', 20_000],
    ['empty calls', '', '<tool_call>{}', 20_000],
    ['thoughts', '', '<think></think>', 20_000],
    ['bare objects', '', begun, 20_000],
  ])('takes linear time for %s', (_what, begin, piece, count) => {
    for (const chunks of [
      [begin, ...Array<string>(count).fill(piece)],
      [begin + piece.repeat(count)],
    ]) {
      const output = new Output({
        format: leaked,
        thinkingOpen: false,
        continuesText: false,
        tools,
        stopSequences: [],
        newCallId: () => 'toolu_1',
      });
      const events: GenerationEvent[] = [];
      const milliseconds = cpuMsOf(() => {
        for (const chunk of chunks) events.push(...output.push(chunk));
        events.push(...output.end(false));
      });
      // An output that can be read as one call is a call. Anything else is text.
      if (piece === '<think></think>') expect(events).toEqual([]);
      else if (events.every(({ type }) => type === 'text-delta')) {
        const texts = events.map((event) => (event.type === 'text-delta' ? event.text : ''));
        expect(texts.join('') === begin + piece.repeat(count)).toBe(true);
      } else expect(events.filter(({ type }) => type === 'tool-call-end')).toHaveLength(1);
      expect(milliseconds).toBeLessThan(LINEAR);
    }
  });
});

describe('10,000 tools', () => {
  const tools = Array.from({ length: 10_000 }, (_, index) => ({
    name: `tool-${index}`,
    inputSchema: { type: 'object' },
  }));
  const read = (text: string) => {
    const output = new Output({
      format: leaked,
      thinkingOpen: false,
      continuesText: false,
      tools,
      stopSequences: [],
      newCallId: () => 'toolu_1',
    });
    return [...output.push(text), ...output.end(false)];
  };

  it('can be called, while text without a call stays text', () => {
    expect(read('{"name": "tool-9999", "arguments": {}}')[0]).toMatchObject({ name: 'tool-9999' });
    expect(read('Hello')).toEqual([{ type: 'text-delta', text: 'Hello' }]);
  });

  it.each(['<tool_call>', '<function='])(
    'are indexed once for an answer with many triggers %s',
    (trigger) => {
      expect(cpuMsOf(() => read(trigger.repeat(3000)))).toBeLessThan(LINEAR);
    },
  );
});

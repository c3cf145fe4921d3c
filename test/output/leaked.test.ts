import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatFormat } from '../../src/formats/format.ts';
import { hermes } from '../../src/formats/hermes.ts';
import { repairArguments } from '../../src/formats/repair/arguments.ts';
import { leaked } from '../../src/output/leaked.ts';
import { mergeDeltas } from '../../src/output/merge-deltas.ts';
import { Output } from '../../src/output/output.ts';
import type { GenerationEvent } from '../../src/core/events.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { cut } from '../support/cut.ts';
import { LEAKED_CALLS, LIKE_CALLS } from '../support/leaked-texts.ts';

const SCHEMA = { type: 'object', properties: { at: { type: 'string' } } };

function read(
  pieces: readonly string[],
  format: ChatFormat = leaked,
  inputSchema: JsonObject = SCHEMA,
) {
  const output = new Output({
    format,
    thinkingOpen: false,
    continuesText: false,
    tools: [{ name: 'look', inputSchema }],
    stopSequences: [],
    newCallId: () => 'toolu_1',
  });
  const events = pieces.flatMap((piece) => output.push(piece));
  return mergeDeltas([...events, ...output.end(false)]);
}

const text = (value: string): GenerationEvent => ({ type: 'text-delta', text: value });
const thought = (value: string): GenerationEvent => ({ type: 'thinking-delta', text: value });

/** Names and inputs of the calls among events. */
function summaryOf(events: readonly GenerationEvent[]): unknown {
  return events.flatMap((event): readonly unknown[] => {
    if (event.type === 'tool-call-delta') {
      return [JSON.parse(repairArguments(event.json, { name: 'look', inputSchema: {} }) ?? 'null')];
    }
    return event.type === 'tool-call-start' ? [event.name] : [];
  });
}

describe('the text of a server', () => {
  it.each(LEAKED_CALLS)('contains a leaked call: %s', (_title, call) => {
    const whole = summaryOf(read([call]));
    expect(whole).toEqual(['look', { at: 'it' }]);
    for (let at = 1; at < call.length; at++) {
      expect(summaryOf(read([call.slice(0, at), call.slice(at)]))).toEqual(whole);
    }
    expect(summaryOf(read(call.split('')))).toEqual(whole);
  });

  it.each(LIKE_CALLS)('stays text, byte for byte: %j', (value) => {
    expect(read([value])).toEqual([text(value)]);
    expect(read(value.split(''))).toEqual([text(value)]);
  });

  it.each([
    '{"name": "look", "input": {"any": 12345678901234567890}}',
    '{"name": "look", "any": 12345678901234567890}',
    '[{"type": "function", "function": {"name": "look", "args": {"any": 12345678901234567890}}}]',
    "<tool_call>{'name': 'look', 'arguments': {'any': 12345678901234567890}}</tool_call>",
  ])('contains calls with all digits of a long number: %s', (value) => {
    const any = { type: 'object', properties: { any: {} } };
    const deltas = read([value], leaked, any).filter(({ type }) => type === 'tool-call-delta');
    expect(JSON.stringify(deltas)).toContain('12345678901234567890}');
  });

  it('contains a call with a name alone if it is in tags and the tool needs nothing', () => {
    const value = '<tool_call>{"name": "look"}</tool_call>';
    expect(summaryOf(read([value]))).toEqual(['look', {}]);
    expect(summaryOf(read([value.replaceAll('"', "'")]))).toEqual(['look', {}]);
    const needy = { ...SCHEMA, required: ['at'] };
    for (const format of [leaked, hermes]) {
      expect(read([value], format, needy)).toEqual([text(value)]);
    }
  });

  it('starts with leaked thinking, at every cut into two chunks', () => {
    const value = '<think>\nHm.\n</think>\n\nHello.';
    const parts = [thought('Hm.'), text('Hello.')];
    for (let at = 0; at < value.length; at++) {
      expect(read([value.slice(0, at), value.slice(at)])).toEqual(parts);
    }
  });

  it.each([
    [
      '<think>Hm.</think>Hello. <think>Well.</think>\nBye.',
      [thought('Hm.'), text('Hello.'), thought('Well.'), text('Bye.')],
    ],
    ['<think>Hm.</think>Write <think> first.', [thought('Hm.'), text('Write <think> first.')]],
    ['Write <think>so</think>.', [text('Write <think>so</think>.')]],
  ])('contains later blocks of thinking if it began with one: %j', (value, parts) => {
    for (let at = 0; at <= value.length; at++) {
      expect(read([value.slice(0, at), value.slice(at)])).toEqual(parts);
    }
    expect(read(value.split(''))).toEqual(parts);
  });

  it.each(['</tool_call>', '</tool_calls>\n</tool_call>'])(
    'has no second closing mark after a call: %s',
    (closing) => {
      const value = `<tool_call>\n{"name": "look", "arguments": {}}\n</tool_call>\n${closing}\nHi`;
      for (let at = 0; at <= value.length; at++) {
        const types = read([value.slice(0, at), value.slice(at)]).map(({ type }) => type);
        expect(types.slice(-2)).toEqual(['tool-call-end', 'text-delta']);
        expect(read([value.slice(0, at), value.slice(at)]).at(-1)).toEqual(text('Hi'));
      }
    },
  );

  it('is sent at once if no call can begin there', () => {
    const output = new Output({
      format: leaked,
      thinkingOpen: false,
      continuesText: false,
      tools: [{ name: 'look', inputSchema: SCHEMA }],
      stopSequences: [],
      newCallId: () => 'toolu_1',
    });
    expect(output.push('One < two')).toEqual([text('One < two')]);
    expect(output.push('<function=look> is')).toEqual([text('<function='), text('look> is')]);
  });

  it('is read the same for all chunks, and completely if it contains no call', () => {
    const piece = fc.oneof(
      fc.constantFrom('<tool_call>', '</tool_call>', '<function=look>', '[TOOL_CALLS]', '[ARGS]'),
      fc.constantFrom('{"name": "look"', '<parameter=at>', '\n', ' ', '{', '}', 'look', '"'),
      fc.string({ maxLength: 5 }),
    );
    const value = fc.array(piece, { maxLength: 10 }).map((pieces) => `.${pieces.join('')}.`);
    fc.assert(
      fc.property(value, fc.array(fc.nat(60), { maxLength: 6 }), (whole, places) => {
        const events = read(cut(whole, places));
        expect(events).toEqual(read([whole]));
        const called = events.some(({ type }) => type === 'tool-call-start');
        if (!called) expect(events).toEqual([text(whole)]);
      }),
    );
  });
});

describe('a malformed call in Hermes syntax', () => {
  it.each([
    ['a missing last brace', '{"name": "look", "arguments": {"at": "it"}', '{"at": "it"}'],
    ['a Python literal', '{"name": "look", "arguments": {"at": None}}', '{"at": None}}'],
    ['a raw line break', '{"name": "look", "arguments": {"at": "a\nb"}}', '{"at": "a\nb"}}'],
  ])('is one call with unchanged arguments: %s', (_title, body, json) => {
    const value = `<tool_call>${body}</tool_call> Hi`;
    for (const pieces of [[value], value.split('')]) {
      const [start, delta, end, rest] = read(pieces, hermes);
      expect(start).toMatchObject({ type: 'tool-call-start', name: 'look' });
      expect(delta).toMatchObject({ json });
      expect(end).toMatchObject({ type: 'tool-call-end' });
      expect(rest).toEqual(text('Hi'));
    }
  });

  it.each([
    '<tool_call>{"name": "look", "arguments": {} \n{"at": "it"}}</tool_call>',
    '[TOOL_CALLS]look[ARGS]{} \n{"at": "it"}',
    '<function=look>{} \n{"at": "it"}</function>',
  ])('contains the text after an empty object in its arguments, for repair: %s', (value) => {
    for (const pieces of [[value], value.split('')]) {
      const [start, delta, end, ...rest] = read(pieces);
      expect(start).toMatchObject({ type: 'tool-call-start', name: 'look' });
      expect(delta).toMatchObject({ json: expect.stringMatching(/^\{\}\s*\{"at": "it"\}/) });
      expect(end).toMatchObject({ type: 'tool-call-end' });
      expect(rest).toEqual([]);
    }
  });

  it('is text if the answer ends before the name', () => {
    const value = 'Hm. <tool_call>\n{"name": "lo';
    expect(read([value], hermes)).toEqual([text(value)]);
  });
});

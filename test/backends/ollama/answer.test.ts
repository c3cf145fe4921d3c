import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnswer, toOllamaStopReason } from '../../../src/backends/ollama/answer.ts';
import type { OllamaAnswerOptions } from '../../../src/backends/ollama/answer.ts';
import { readOllamaChunk } from '../../../src/backends/ollama/protocol.ts';
import type { OllamaChunk, ChunkCall, ChunkEnd } from '../../../src/backends/ollama/protocol.ts';
import type { GenerationEvent } from '../../../src/core/events.ts';
import { covers } from '../../support/covers.ts';

const END: ChunkEnd = {
  reason: 'stop',
  promptTokens: 9,
  cachedTokens: undefined,
  outputTokens: undefined,
};

function piece(text: string, rest: Partial<OllamaChunk> = {}): OllamaChunk {
  return { text, thinking: '', calls: [], tokens: 1, end: undefined, ...rest };
}

/** Feeds an answer as the backend does: up to its finish. */
function translate(
  chunks: readonly OllamaChunk[],
  stopSequences: readonly string[] = [],
  rest: Partial<OllamaAnswerOptions> = {},
) {
  const counted = stopSequences.length > 0 ? { tokens: 9, cachedTokens: 4 } : undefined;
  const answer = createAnswer({
    maxTokens: 50,
    stopSequences,
    counted,
    parallel: true,
    twice: false,
    estimatedTokens: 7,
    ...rest,
  });
  const events: GenerationEvent[] = [];
  for (const chunk of chunks) {
    events.push(...answer.push(chunk));
    if (events.at(-1)?.type === 'finish') break;
  }
  return events;
}

function textOf(events: readonly GenerationEvent[]): string {
  return events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
}

describe('the chunks of an answer', () => {
  covers('R2.8-translate', 'R2.8-thinking', 'R2.5-stop', 'R2.5-stop-leak');

  it('become events in order, thinking separate from text', () => {
    const chunks = [piece('', { thinking: 'Hm.' }), piece('Yes'), piece('.', { end: END })];
    expect(translate(chunks)).toEqual([
      { type: 'thinking-delta', text: 'Hm.' },
      { type: 'text-delta', text: 'Yes' },
      { type: 'text-delta', text: '.' },
      {
        type: 'finish',
        reason: 'end-turn',
        stopSequence: null,
        usage: {
          promptTokens: 9,
          cacheReadTokens: 0,
          cacheCreationTokens: 0,
          outputTokens: 3,
          thinkingTokens: 0,
        },
      },
    ]);
  });

  it('end at a stop sequence in text, but not in thinking', () => {
    const chunks = [
      piece('', { thinking: 'STOP', tokens: 2 }),
      piece('on S', { tokens: 3 }),
      piece('TOP and on', { tokens: 4 }),
    ];
    const events = translate(chunks, ['STOP']);
    expect(textOf(events)).toBe('on ');
    expect(events.at(-1)).toMatchObject({
      reason: 'stop-sequence',
      stopSequence: 'STOP',
      usage: { promptTokens: 9, cacheReadTokens: 4, outputTokens: 9 },
    });
  });

  it('result in the same text wherever they are cut', () => {
    const words = fc.stringMatching(/^[ab ]{0,30}$/);
    const stops = fc.array(fc.stringMatching(/^[ab]{1,4}$/), { minLength: 1, maxLength: 3 });
    const cuts = fc.array(fc.nat({ max: 30 }), { maxLength: 8 });
    fc.assert(
      fc.property(words, stops, cuts, (text, sequences, at) => {
        const edges = [0, ...at.toSorted((one, other) => one - other), text.length];
        const pieces = edges.slice(1).map((edge, index) => piece(text.slice(edges[index], edge)));
        const last = piece('', { end: END });
        const whole = translate([piece(text), last], sequences);
        const cut = translate([...pieces, last], sequences);
        const met = whole.at(-1);
        expect(textOf(cut)).toBe(textOf(whole));
        expect(cut.at(-1)).toMatchObject({
          reason: met?.type === 'finish' ? met.reason : '',
          stopSequence: met?.type === 'finish' ? met.stopSequence : '',
        });
        for (const sequence of sequences) expect(textOf(cut)).not.toContain(sequence);
      }),
    );
  });
});

describe('the calls of an answer', () => {
  covers('R4.1-tools', 'R4.1-choice');

  const call = (name: string, input: Record<string, unknown> = {}) => ({
    name,
    json: JSON.stringify(input),
  });
  const made = (...calls: readonly ChunkCall[]) => piece('', { calls });

  it('arrive complete, each with a new id, after the buffered text', () => {
    const chunks = [
      piece('I look. ST'),
      made(call('read', { path: 'a' }), call('list')),
      piece('', { end: END, tokens: 0 }),
    ];
    const events = translate(chunks, ['STOP']);
    const [first, second] = events.flatMap((event) =>
      event.type === 'tool-call-start' ? [event.id] : [],
    );
    expect(first).toMatch(/^toolu_/);
    expect(second).not.toBe(first);
    expect(textOf(events)).toBe('I look. ST');
    expect(events.slice(2)).toEqual([
      { type: 'tool-call-start', id: first, name: 'read' },
      { type: 'tool-call-delta', id: first, json: '{"path":"a"}' },
      { type: 'tool-call-end', id: first },
      { type: 'tool-call-start', id: second, name: 'list' },
      { type: 'tool-call-delta', id: second, json: '{}' },
      { type: 'tool-call-end', id: second },
      expect.objectContaining({ type: 'finish', reason: 'tool-use' }),
    ]);
  });

  it.each([
    { parallel: true, names: ['a', 'b', 'c'] },
    { parallel: false, names: ['a'] },
  ])('are $names where parallel is $parallel', ({ parallel, names }) => {
    const chunks = [made(call('a'), call('b')), made(call('c')), piece('', { end: END })];
    const events = translate(chunks, [], { parallel });
    expect(
      events.flatMap((event) => (event.type === 'tool-call-start' ? [event.name] : [])),
    ).toEqual(names);
    expect(events.at(-1)).toMatchObject({ reason: 'tool-use' });
  });

  it('are not the stop reason of an answer that was cut off', () => {
    const end = { ...END, reason: 'length', outputTokens: 50 } as const;
    expect(translate([made(call('a')), piece('', { end })]).at(-1)).toMatchObject({
      reason: 'max-tokens',
    });
  });

  it.each([
    ['arguments', { name: 'a', arguments: { x: [1] } }, { name: 'a', json: '{"x":[1]}' }],
    [
      'arguments as a string',
      { name: 'a', arguments: "{'x': 1}" },
      { name: 'a', json: "{'x': 1}" },
    ],
    ['none', { name: 'a' }, { name: 'a', json: '' }],
    ['null', { name: 'a', arguments: null }, { name: 'a', json: 'null' }],
    ['another name', { name: 'a', parameters: { b: 1 } }, { name: 'a', json: '{"b":1}' }],
  ])('are read with %s', (_name, written, read) => {
    const line = { message: { content: '', tool_calls: [{ function: written }] }, done: false };
    expect(readOllamaChunk(line)).toMatchObject({ calls: [read], tokens: 1 });
  });
});

describe('an answer that Ollama makes in two generations', () => {
  covers('R4.1-format');

  const counted = { tokens: 9, cachedTokens: 0 };
  const twice = { twice: true, counted };

  it('counts the thinking that has become a part of the second prompt', () => {
    const end = { ...END, promptTokens: 29, outputTokens: 5 };
    const chunks = [piece('', { thinking: 'Hm.' }), piece('{}'), piece('', { end, tokens: 0 })];
    expect(translate(chunks, [], twice).at(-1)).toMatchObject({
      usage: { promptTokens: 9, outputTokens: 25 },
    });
  });

  it('reports the usage of the first one if the model did not think', () => {
    const end = { ...END, promptTokens: 13, outputTokens: 5 };
    expect(translate([piece('{}'), piece('', { end })], [], twice).at(-1)).toMatchObject({
      usage: { promptTokens: 9, outputTokens: 5 },
    });
  });

  it('ends at max_tokens for the sum of both', () => {
    const chunks = [piece('', { thinking: 'Hm', tokens: 30 }), piece('{"a":', { tokens: 20 })];
    expect(translate(chunks, [], twice).at(-1)).toMatchObject({
      reason: 'max-tokens',
      usage: { outputTokens: 50 },
    });
  });
});

describe('why an answer ended', () => {
  covers('R2.8-translate', 'R2.5-max-tokens', 'R2.5-clamp', 'R2.8-failure');

  it.each([
    ['stop', 3, 50, 'end-turn'],
    ['length', 50, 50, 'max-tokens'],
    ['length', 49, 50, 'context-exceeded'],
  ] as const)('%s after %i of %i is %s', (...row) => {
    const [reason, tokens, most, wire] = row;
    expect(toOllamaStopReason(reason, tokens, most)).toBe(wire);
  });

  it.each(['load', 'unload'] as const)('%s is no end of an answer', (reason) => {
    expect(() => toOllamaStopReason(reason, 0, 1)).toThrow(`"${reason}"`);
  });
});

describe('a line of /api/chat', () => {
  covers('R2.8-translate', 'R2.6-exact', 'R2.8-failure');

  const message = { role: 'assistant', content: 'é' };

  it.each([
    ['a token', { message, done: false }, { text: 'é', tokens: 1 }],
    ['two tokens', { message, done: false, logprobs: [{}, {}] }, { text: 'é', tokens: 2 }],
    ['thinking', { message: { thinking: 'Hm' }, done: false }, { thinking: 'Hm', tokens: 1 }],
    ['an end', { message: { content: '' }, done: true, eval_count: 4 }, { text: '', tokens: 0 }],
    ['null for a message', { message: null, done: true }, { text: '', tokens: 0 }],
    ['null for a reason', { message, done: true, done_reason: null }, { end: { reason: 'stop' } }],
    [
      'null for calls',
      { message: { content: 'a', tool_calls: [null, { function: null }] }, done: false },
      { text: 'a', calls: [] },
    ],
  ])('contains %s', (_name, line, chunk) => {
    expect(readOllamaChunk(line)).toMatchObject(chunk);
  });

  it.each([
    ['no object', 'text'],
    ['an error', { error: 'no' }],
    ['an answer of /api/generate', { response: 'x', done: false }],
    ['an unknown end', { message, done: true, done_reason: 'bored' }],
  ])('is rejected: %s', (_name, line) => {
    expect(readOllamaChunk(line)).toBeUndefined();
  });
});

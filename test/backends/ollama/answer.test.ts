import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnswer, toStopReason } from '../../../src/backends/ollama/answer.ts';
import { readChunk } from '../../../src/backends/ollama/protocol.ts';
import type { ChatChunk, ChunkEnd } from '../../../src/backends/ollama/protocol.ts';
import type { GenerationEvent } from '../../../src/core/events.ts';

const END: ChunkEnd = {
  reason: 'stop',
  promptTokens: 9,
  cachedTokens: undefined,
  outputTokens: undefined,
};

function piece(text: string, rest: Partial<ChatChunk> = {}): ChatChunk {
  return { text, thinking: '', tokens: 1, end: undefined, ...rest };
}

/** Feeds an answer as the backend does: up to its finish. */
function translate(chunks: readonly ChatChunk[], stopSequences: readonly string[] = []) {
  const counted = stopSequences.length > 0 ? { tokens: 9, cachedTokens: 4 } : undefined;
  const answer = createAnswer({ maxTokens: 50, stopSequences, counted });
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

describe('[R2.8-translate] the chunks of an answer', () => {
  it('[R2.8-thinking] become events in order, thinking apart', () => {
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

  it('[R2.5-stop] end where a stop sequence is met, in text alone', () => {
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

  it('[R2.5-stop] [R2.5-stop-leak] give the same text however they are cut', () => {
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

describe('[R2.8-translate] why an answer ended', () => {
  it.each([
    ['stop', 3, 50, 'end-turn'],
    ['length', 50, 50, 'max-tokens'],
    ['length', 49, 50, 'context-exceeded'],
  ] as const)('[R2.5-max-tokens] [R2.5-clamp] %s after %i of %i is %s', (...row) => {
    const [reason, tokens, most, wire] = row;
    expect(toStopReason(reason, tokens, most)).toBe(wire);
  });

  it.each(['load', 'unload'] as const)('[R2.8-failure] %s is no end of an answer', (reason) => {
    expect(() => toStopReason(reason, 0, 1)).toThrow(`"${reason}"`);
  });
});

describe('[R2.8-translate] a line of /api/chat', () => {
  const message = { role: 'assistant', content: 'é' };

  it.each([
    ['a token', { message, done: false }, { text: 'é', tokens: 1 }],
    ['two tokens', { message, done: false, logprobs: [{}, {}] }, { text: 'é', tokens: 2 }],
    ['thinking', { message: { thinking: 'Hm' }, done: false }, { thinking: 'Hm', tokens: 1 }],
    ['an end', { message: { content: '' }, done: true, eval_count: 4 }, { text: '', tokens: 0 }],
  ])('[R2.6-exact] holds %s', (_name, line, chunk) => {
    expect(readChunk(line)).toMatchObject(chunk);
  });

  it.each([
    ['no object', 'text'],
    ['an error', { error: 'no' }],
    ['an answer of /api/generate', { response: 'x', done: false }],
    ['an unknown end', { message, done: true, done_reason: 'bored' }],
  ])('[R2.8-failure] is none: %s', (_name, line) => {
    expect(readChunk(line)).toBeUndefined();
  });
});

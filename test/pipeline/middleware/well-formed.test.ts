import { describe, expect, it } from 'vitest';
import type { GenerationEvent } from '../../../src/core/events.ts';
import { wellFormed } from '../../../src/pipeline/middleware/well-formed.ts';
import { CONTEXT, playAnswers } from '../../support/chain.ts';
import { MINI, request, said } from '../../support/requests.ts';

const NO_USAGE = {
  promptTokens: 1,
  cacheReadTokens: 0,
  cacheCreationTokens: 0,
  outputTokens: 1,
  thinkingTokens: 0,
};

/** Texts of all events, each of them well-formed. */
async function outOf(...events: readonly GenerationEvent[]): Promise<string> {
  let all = '';
  const { next } = playAnswers(() => events);
  for await (const event of wellFormed(next)(request(MINI, said('Hi')), CONTEXT)) {
    expect(JSON.stringify(event)).not.toMatch(/(?<!\\)(?:\\\\)*\\ud[89a-f]/i);
    if (event.type === 'text-delta' || event.type === 'thinking-delta') all += event.text;
    if (event.type === 'tool-call-delta') all += event.json;
    if (event.type === 'tool-call-start') all += event.name;
  }
  return all;
}

/** Splits a text in all ways into two pieces. */
function cuts(text: string): readonly (readonly [string, string])[] {
  return Array.from({ length: text.length }, (_, at) => [text.slice(0, at), text.slice(at)]);
}

describe('lone surrogates of an answer', () => {
  it.each(['text-delta', 'thinking-delta'] as const)('become U+FFFD in a %s', async (type) => {
    for (const [one, other] of cuts('a\ud83d b\ud83d\ude00\udc00')) {
      const out = await outOf({ type, text: one }, { type, text: other });
      expect(out).toBe('a\ufffd b\u{1f600}\ufffd');
    }
  });

  it('are not joined across another block', async () => {
    const out = await outOf(
      { type: 'thinking-delta', text: 'a\ud83d' },
      { type: 'text-delta', text: '\ude00b\ud83d' },
      { type: 'tool-call-start', id: 'c', name: 'x\ud83d' },
      { type: 'tool-call-end', id: 'c' },
    );
    expect(out).toBe('a\ufffd\ufffdb\ufffdx\ufffd');
  });

  it.each([
    [String.raw`{"a":"\ud83d"}`, String.raw`{"a":"\ufffd"}`],
    [String.raw`{"a":"\ud83d\ude00\n\uDE00"}`, String.raw`{"a":"\ud83d\ude00\n\ufffd"}`],
    [String.raw`{"a":"\\ud83d\\\ud83d\\"}`, String.raw`{"a":"\\ud83d\\\ufffd\\"}`],
    ['{"a":"\ud83d\ude00\ud83d"}', '{"a":"\u{1f600}\ufffd"}'],
    [String.raw`{"a":"\ud83d`, String.raw`{"a":"\ufffd`],
  ])('become U+FFFD in arguments: %j', async (json, expected) => {
    for (const [one, other] of cuts(json)) {
      const start = { type: 'tool-call-start', id: 'c', name: 'look' } as const;
      const deltas = [one, other].map(
        (part) => ({ type: 'tool-call-delta', id: 'c', json: part }) as const,
      );
      const out = await outOf(start, ...deltas, { type: 'tool-call-end', id: 'c' });
      expect(out).toBe(`look${expected}`);
    }
  });
});

describe('an incomplete character at the end of an answer', () => {
  const finish = (reason: 'max-tokens' | 'context-exceeded' | 'end-turn') =>
    ({ type: 'finish', reason, stopSequence: null, usage: NO_USAGE }) as const;

  it.each(['text-delta', 'thinking-delta'] as const)(
    'is left out of a %s that a limit has cut',
    async (type) => {
      for (const rest of ['\ufffd', '\ufffd\ufffd\ufffd', '\ud83d']) {
        for (const [one, other] of cuts(`a\ufffdb${rest}`)) {
          const deltas = [one, other].map((text) => ({ type, text }));
          expect(await outOf(...deltas, finish('max-tokens'))).toBe('a\ufffdb');
          expect(await outOf(...deltas, finish('context-exceeded'))).toBe('a\ufffdb');
        }
      }
    },
  );

  it('stays where the model has ended its turn, or goes on', async () => {
    const text = { type: 'text-delta', text: 'a\ufffd' } as const;
    expect(await outOf(text, finish('end-turn'))).toBe('a\ufffd');
    const thinking = { type: 'thinking-delta', text: 'a\ufffd' } as const;
    expect(await outOf(thinking, text, finish('max-tokens'))).toBe('a\ufffda');
  });
});

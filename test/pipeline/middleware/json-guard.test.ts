import { describe, expect, it } from 'vitest';
import type { GenerationEvent, StopReason } from '../../../src/core/events.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { jsonGuard } from '../../../src/pipeline/middleware/json-guard.ts';
import { CONTEXT, playAnswers } from '../../support/chain.ts';
import { collect, MINI, request, said } from '../../support/requests.ts';

const USAGE = {
  promptTokens: 10,
  cacheReadTokens: 0,
  cacheCreationTokens: 0,
  outputTokens: 5,
  thinkingTokens: 0,
};

const SCHEMA: JsonObject = {
  type: 'object',
  properties: { city: { type: 'string' }, hot: { type: 'boolean' } },
  required: ['city'],
};

interface Options {
  readonly schema?: JsonObject;
  readonly reason?: StopReason;
  readonly whole?: boolean;
  readonly before?: readonly GenerationEvent[];
  readonly after?: readonly GenerationEvent[];
}

/** Sends answers of a model without a grammar, one by one and in small pieces, and returns the results. */
async function answer(texts: readonly string[], options: Options = {}) {
  const { schema = SCHEMA, reason = 'end-turn', whole = false, before = [], after = [] } = options;
  const full = request(MINI, said('Where?'), { outputSchema: schema, whole });
  const { next, requests } = playAnswers((index) => [
    { type: 'admitted', inputTokens: 10 },
    ...before,
    ...(texts[index]?.match(/[^]{1,3}/g) ?? []).map(
      (text) => ({ type: 'text-delta', text }) as const,
    ),
    ...after,
    { type: 'finish', reason, stopSequence: null, usage: USAGE },
  ]);
  const made = await collect(jsonGuard(next)(full, CONTEXT));
  expect(made.events.filter(({ type }) => type === 'admitted')).toHaveLength(1);
  return { ...made, asked: requests };
}

const WHOLE = '{"city": "Paris", "hot": true}';

describe.each([
  { how: 'streamed', whole: false },
  { how: 'not streamed', whole: true },
])('an answer with a schema, $how,', ({ whole }) => {
  it('is passed on unchanged if it is JSON', async () => {
    const { text, finish, asked } = await answer([WHOLE], { whole });
    expect([text, finish?.reason, asked.length]).toEqual([WHOLE, 'end-turn', 1]);
    // The log has a rate only if the time of decoding is known.
    expect(finish?.inOnePiece).toBe(whole ? true : undefined);
  });

  it.each([
    ['a code fence', `\`\`\`json\n${WHOLE}\n\`\`\``, WHOLE],
    ['white space around it', `\n\n ${WHOLE}\n\n`, WHOLE],
    ['the same again after it', `${WHOLE}\n${WHOLE}`, WHOLE],
    ['words after it', `${WHOLE}\n\nThat is all.`, WHOLE],
    ['Python’s literals', '{"city": "Paris", "hot": True}', WHOLE],
    ['a last comma', '{"city": "Paris", "hot": true,}', WHOLE],
    ['a missing last brace', '{"city": "Paris", "hot": true', WHOLE],
    ['a string for a boolean', '{"city": "Paris", "hot": "true"}', WHOLE],
  ])('is repaired without a second try if it has %s', async (_what, written, right) => {
    const { text, finish, asked } = await answer([written], { whole });
    expect(JSON.parse(text)).toEqual(JSON.parse(right));
    expect([finish?.reason, asked.length]).toEqual(['end-turn', 1]);
  });

  it.each([
    'It is Paris.',
    '',
    'null',
    '{"city": "Par',
    '[1, 2]',
    '{"hot": NaN}',
    '{"city": "a"}{"city": "b"}',
  ])('is asked for once more, without output, after %j', async (first) => {
    const sends = !whole && first.startsWith('{');
    const { text, finish, asked } = await answer([first, WHOLE], { whole });
    if (sends) {
      expect([text, finish?.reason, asked.length]).toEqual([first, 'refusal', 1]);
      return;
    }
    expect([text, finish?.reason, asked.length]).toEqual([WHOLE, 'end-turn', 2]);
    expect(finish?.usage).toMatchObject({ promptTokens: 10, outputTokens: 10 });
    const turns = JSON.stringify(asked[1]?.conversation.turns);
    expect(turns).toContain(JSON.stringify(JSON.stringify(SCHEMA)).slice(1, -1));
    expect(turns).toContain(JSON.stringify(first).slice(1, -1));
  });

  it('is a refusal with a reason if it is not JSON twice', async () => {
    const { text, finish, asked } = await answer(['It is Paris.', 'Paris, as I said.'], { whole });
    expect([text, asked.length]).toEqual(['Paris, as I said.', 2]);
    expect(finish).toMatchObject({ reason: 'refusal', usage: { outputTokens: 10 } });
    expect(finish?.explanation).toContain('not the JSON');
  });

  it.each(['max-tokens', 'stop-sequence', 'context-exceeded', 'refusal'] as const)(
    'that ends by %s is passed on completely, and not asked for again',
    async (reason) => {
      for (const cut of ['{"city": "Par', '{"city": "Paris", "ho', '{"city": "Paris",', 'It is']) {
        const { text, finish, asked } = await answer([cut], { reason, whole });
        expect([text, finish?.reason, asked.length]).toEqual([cut, reason, 1]);
      }
    },
  );

  it('may consist of calls, with text before them', async () => {
    const id = 'toolu_1';
    const after = [
      { type: 'tool-call-start', id, name: 'look' },
      { type: 'tool-call-delta', id, json: '{}' },
      { type: 'tool-call-end', id },
    ] as const;
    const made = await answer(['I look.'], { reason: 'tool-use', whole, after });
    expect([made.text, made.finish?.reason, made.asked.length]).toEqual(['I look.', 'tool-use', 1]);
    expect(made.events.findIndex(({ type }) => type === 'text-delta')).toBeLessThan(
      made.events.findIndex(({ type }) => type === 'tool-call-start'),
    );
  });

  it('may follow thinking', async () => {
    const before = [{ type: 'thinking-delta', text: 'Hm.' }] as const;
    const { thinking, text } = await answer([WHOLE], { whole, before });
    expect([thinking, text]).toEqual(['Hm.', WHOLE]);
  });

  it.each<readonly [JsonObject, string, string]>([
    [{ type: 'array' }, '[1, 2]', 'end-turn'],
    [{ type: 'array' }, '[{"a": 1}]', 'end-turn'],
    [{ type: 'string' }, '"a"', 'end-turn'],
    [{ type: ['number', 'null'] }, 'null', 'end-turn'],
    [{ anyOf: [{ type: 'boolean' }, { type: 'object' }] }, 'true', 'end-turn'],
    [{}, '7', 'end-turn'],
    [{ type: 'array' }, '{"a": 1}', 'refusal'],
    [{ type: 'array' }, '[1, 2', 'refusal'],
  ])('with the schema %j may be %s: %s', async (schema, text, reason) => {
    const made = await answer([text, text], { schema, whole });
    expect([made.text, made.finish?.reason]).toEqual([text, reason]);
  });
});

it('streams an answer with a schema as it is generated', async () => {
  const { events } = await answer(['{"city": "A city with a long name", "hot": true}']);
  expect(events.filter(({ type }) => type === 'text-delta').length).toBeGreaterThan(5);
});

it('does not demand JSON instead of a forced call', async () => {
  const turns = said('Where?');
  const asked = request(MINI, turns, {
    outputSchema: SCHEMA,
    toolChoice: { mode: 'any', parallel: true },
  });
  const { next } = playAnswers(() => [
    { type: 'text-delta', text: 'No.' },
    { type: 'finish', reason: 'end-turn', stopSequence: null, usage: USAGE },
  ]);
  const made = await collect(jsonGuard(next)(asked, CONTEXT));
  expect(made).toMatchObject({ text: 'No.', finish: { reason: 'end-turn' } });
});

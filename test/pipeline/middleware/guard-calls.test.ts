import { describe, expect, it } from 'vitest';
import type { GenerationRequest } from '../../../src/core/backend.ts';
import type { GenerationEvent, StopReason } from '../../../src/core/events.ts';
import { guardCalls } from '../../../src/pipeline/middleware/guard-calls.ts';
import { collect, MINI, request, said } from '../../support/requests.ts';

const USAGE = {
  promptTokens: 10,
  cacheReadTokens: 0,
  cacheCreationTokens: 0,
  outputTokens: 5,
  thinkingTokens: 0,
};

const text = (value: string): GenerationEvent => ({ type: 'text-delta', text: value });

function call(json: string, id = 'toolu_1'): readonly GenerationEvent[] {
  return [
    { type: 'tool-call-start', id, name: 'look' },
    ...json.split('').map((piece) => ({ type: 'tool-call-delta', id, json: piece }) as const),
    { type: 'tool-call-end', id },
  ];
}

/** Answers that a model makes one after the other, and what comes of them. */
async function answer(
  answers: readonly (readonly GenerationEvent[])[],
  reason: StopReason = 'tool-use',
) {
  const asked: GenerationRequest[] = [];
  const turns = said('Look!');
  const tool = {
    name: 'look',
    description: '',
    inputSchema: { type: 'object', properties: { at: { type: 'string' } } },
    origin: { kind: 'custom' },
    deferred: false,
  } as const;
  const full = request(MINI, turns, { conversation: { system: [], turns, tools: [tool] } });
  async function* ask(one: GenerationRequest): AsyncGenerator<GenerationEvent> {
    const events = answers[asked.length] ?? [];
    asked.push(one);
    yield { type: 'admitted', inputTokens: 10 };
    yield* events;
    yield { type: 'finish', reason, stopSequence: null, usage: USAGE };
  }
  const made = await collect(guardCalls(full, ask, 'again'));
  const json = made.events.map((event) => (event.type === 'tool-call-delta' ? event.json : ''));
  return { ...made, asked, json: json.join('') };
}

describe('a call with malformed arguments', () => {
  it('is repaired without a second try', async () => {
    const { json, asked, finish } = await answer([call("{'at': 'it',}")]);
    expect(JSON.parse(json)).toEqual({ at: 'it' });
    expect(asked).toHaveLength(1);
    expect(finish?.reason).toBe('tool-use');
    // Nothing was sent before its end, so the time of the decoding is not known.
    expect(finish?.inOnePiece).toBe(true);
  });

  it('leaves the time of the decoding known if its beginning was sent', async () => {
    const { finish } = await answer([[text('Look. '), ...call("{'at': 'it',}")]]);
    expect(finish?.inOnePiece).toBeUndefined();
  });

  it('is asked for once more in silence if nothing of it was sent', async () => {
    const made = await answer([[text('Hm.'), ...call('"it"')], call('{"at":"it"}')]);
    expect(made.text).toBe('Hm.');
    expect(JSON.parse(made.json)).toEqual({ at: 'it' });
    expect(made.asked).toHaveLength(2);
    expect(JSON.stringify(made.asked[1]?.conversation.turns)).toContain('Call look again');
    expect(made.events.filter(({ type }) => type === 'admitted')).toHaveLength(1);
    expect(made.finish).toMatchObject({ reason: 'tool-use', usage: { outputTokens: 10 } });
  });

  it('becomes text if the second try is malformed too', async () => {
    const made = await answer([call('"it"'), call('"gaben"')]);
    expect(made.text).toContain('"gaben"');
    expect(made.json).toBe('');
    expect(made.finish?.reason).toBe('end-turn');
  });

  it('becomes text without a second try if another call was sent', async () => {
    const made = await answer([[...call('{"at":"it"}'), ...call('"it"', 'toolu_2')]]);
    expect(made.asked).toHaveLength(1);
    expect(made.text).toContain('"arguments": "it"');
    expect(made.finish?.reason).toBe('tool-use');
  });

  it('is completed if the answer ended without the end of the call', async () => {
    const made = await answer([call('{"at":"it"').slice(0, -1)], 'end-turn');
    expect(JSON.parse(made.json)).toEqual({ at: 'it' });
    expect(made.finish?.reason).toBe('tool-use');
  });

  it('stays open if the answer was cut off', async () => {
    const made = await answer([call('{"at":"it"').slice(0, -1)], 'max-tokens');
    expect(made.events.map(({ type }) => type)).not.toContain('tool-call-end');
    expect(made.finish?.reason).toBe('max-tokens');
  });
});

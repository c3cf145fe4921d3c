import { describe, expect, it } from 'vitest';
import type { ToolChoice } from '../../../src/core/conversation.ts';
import type { GenerationEvent, StopReason } from '../../../src/core/events.ts';
import { callGuard } from '../../../src/pipeline/middleware/call-guard.ts';
import { CONTEXT, playAnswers } from '../../support/chain.ts';
import { collect, MINI, request, said } from '../../support/requests.ts';

const USAGE = {
  promptTokens: 10,
  cacheReadTokens: 0,
  cacheCreationTokens: 0,
  outputTokens: 5,
  thinkingTokens: 0,
};

const AUTO: ToolChoice = { mode: 'auto', parallel: true };

const text = (value: string): GenerationEvent => ({ type: 'text-delta', text: value });

function call(json: string, id = 'toolu_1', name = 'look'): readonly GenerationEvent[] {
  return [
    { type: 'tool-call-start', id, name },
    ...json.split('').map((piece) => ({ type: 'tool-call-delta', id, json: piece }) as const),
    { type: 'tool-call-end', id },
  ];
}

/** Sends answers of a model, one by one, and returns the results. */
async function answer(
  answers: readonly (readonly GenerationEvent[])[],
  reason: StopReason = 'tool-use',
  { eager = false, choice = AUTO }: Partial<{ eager: boolean; choice: ToolChoice }> = {},
) {
  const turns = said('Look!');
  const tool = {
    name: 'look',
    description: '',
    inputSchema: { type: 'object', properties: { at: { type: 'string' } } },
    origin: { kind: 'custom' },
    deferred: false,
    ...(eager && { eagerInput: true }),
  } as const;
  const conversation = { system: [], turns, tools: [tool, { ...tool, name: 'listen' }] };
  const full = request(MINI, turns, { conversation, toolChoice: choice });
  const { next, requests } = playAnswers((index) => [
    { type: 'admitted', inputTokens: 10 },
    ...(answers[index] ?? []),
    { type: 'finish', reason, stopSequence: null, usage: USAGE },
  ]);
  const made = await collect(callGuard(next)(full, CONTEXT));
  const json = made.events.map((event) => (event.type === 'tool-call-delta' ? event.json : ''));
  return { ...made, asked: requests, json: json.join('') };
}

describe('a call that the server lost', () => {
  it('is asked for once more', async () => {
    const { json, asked, finish } = await answer([[], call('{"at":"it"}')]);
    expect(JSON.parse(json)).toEqual({ at: 'it' });
    expect(asked.map(({ conversation }) => conversation.turns.map(({ role }) => role))).toEqual([
      ['user'],
      ['user'],
    ]);
    expect(JSON.stringify(asked[1]?.conversation.turns)).toContain('Call look or listen again');
    expect(finish).toMatchObject({ reason: 'tool-use', usage: { outputTokens: 10 } });
  });

  it('is asked for no third time', async () => {
    const { asked, finish } = await answer([[], [], []]);
    expect(asked).toHaveLength(2);
    expect(finish?.reason).toBe('end-turn');
  });

  it('is not asked for if the answer has text, or does not end with calls', async () => {
    expect((await answer([[text('Hi')]])).asked).toHaveLength(1);
    expect((await answer([[]], 'end-turn')).asked).toHaveLength(1);
  });
});

describe('a call with malformed arguments', () => {
  it('is repaired without a second try', async () => {
    const { json, asked, finish } = await answer([call("{'at': 'it',}")]);
    expect(JSON.parse(json)).toEqual({ at: 'it' });
    expect(asked).toHaveLength(1);
    expect(finish?.reason).toBe('tool-use');
    // No output was sent before its end, so the time of decoding is not known.
    expect(finish?.inOnePiece).toBe(true);
  });

  it('keeps the time of decoding if its beginning was sent', async () => {
    const { finish } = await answer([[text('Look. '), ...call("{'at': 'it',}")]]);
    expect(finish?.inOnePiece).toBeUndefined();
  });

  it('is asked for once more, without output, if no part of it was sent', async () => {
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

  it('is completed if the answer ended inside the call', async () => {
    const made = await answer([call('{"at":"it"').slice(0, -1)], 'end-turn');
    expect(JSON.parse(made.json)).toEqual({ at: 'it' });
    expect(made.finish?.reason).toBe('tool-use');
  });

  it('stays open if the answer was cut off', async () => {
    const made = await answer([call('{"at":"it"').slice(0, -1)], 'max-tokens');
    expect(made.json).toBe('{"at":"it"');
    expect(made.events.map(({ type }) => type)).not.toContain('tool-call-end');
    expect(made.finish?.reason).toBe('max-tokens');
  });

  it('is never streamed in part in a non-streamed answer, so a second try is possible', async () => {
    const made = await answer([call('{"at":"i'), call('{"at":"me"}')]);
    expect(made.json).toBe('{"at":"me"}');
    expect(made.finish?.reason).toBe('tool-use');
  });

  it('is streamed early if the client asked for that', async () => {
    const made = await answer([call('{"at":"i')], 'tool-use', { eager: true });
    expect(made.asked).toHaveLength(1);
    expect(made.json).toBe('{"at":"i');
    expect(made.finish?.reason).toBe('max-tokens');
  });
});

describe('a call of another tool than the forced one', () => {
  const choice = { mode: 'tool', name: 'listen', parallel: true } as const;

  it('is asked for again', async () => {
    const made = await answer([call('{}'), call('{}', 'toolu_2', 'listen')], 'tool-use', {
      choice,
    });
    expect(made.events).toContainEqual({ type: 'tool-call-start', id: 'toolu_2', name: 'listen' });
    expect(made.events.filter(({ type }) => type === 'tool-call-start')).toHaveLength(1);
    const turns = JSON.stringify(made.asked[1]?.conversation.turns);
    expect(turns).toContain('look is not the tool to call. Call listen, with valid JSON');
  });

  it('becomes text if the second try calls it too', async () => {
    const made = await answer([call('{}'), call('{}')], 'tool-use', { choice });
    expect(made.text).toBe('<tool_call>\n{"name": "look", "arguments": {}}\n</tool_call>');
    expect(made.finish?.reason).toBe('end-turn');
  });

  it('is passed on if any tool may be called', async () => {
    const any = { mode: 'any', parallel: true } as const;
    const made = await answer([call('{}')], 'tool-use', { choice: any });
    expect(made.finish?.reason).toBe('tool-use');
  });
});

describe('many calls of one answer whose repair takes long', () => {
  it('let other requests run between the calls', async () => {
    const json = `{"at":"${'x"y '.repeat(5000)}"}`;
    const calls = Array.from({ length: 10 }, (_, index) => [
      { type: 'tool-call-start', id: `toolu_${index}`, name: 'look' } as const,
      { type: 'tool-call-delta', id: `toolu_${index}`, json } as const,
      { type: 'tool-call-end', id: `toolu_${index}` } as const,
    ]).flat();
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    await answer([calls, [text('no')]]);
    isOver = true;
    expect(turns).toBeGreaterThan(5);
  });
});

import { describe, expect, it } from 'vitest';
import type { Token } from 'node-llama-cpp';
import { Transcripts } from '../../../../../src/backends/local/transcripts.ts';
import type { GenerationRequest } from '../../../../../src/core/backend.ts';
import type { Part, Turn } from '../../../../../src/core/conversation.ts';
import type { GenerationEvent } from '../../../../../src/core/events.ts';
import { MINI, request } from '../../../../support/requests.ts';
import { covers } from '../../../../support/covers.ts';

const text = (value: string): Part => ({ kind: 'text', text: value });
const call = (input: Readonly<Record<string, number>>, id = 'toolu_1'): Part => ({
  kind: 'tool-call',
  id,
  name: 'add',
  input,
});
const user = (...parts: readonly Part[]): Turn => ({ role: 'user', parts });
const model = (...parts: readonly Part[]): Turn => ({ role: 'assistant', parts });

const ASKED = request(MINI, [user(text('Hi'))]);
const ANSWER: readonly GenerationEvent[] = [
  { type: 'thinking-delta', text: 'I greet' },
  { type: 'thinking-delta', text: ' and add.\n' },
  { type: 'text-delta', text: 'Hello ' },
  { type: 'text-delta', text: 'there\n' },
  { type: 'tool-call-start', id: 'toolu_1', name: 'add' },
  { type: 'tool-call-delta', id: 'toolu_1', json: '{"b": 2,' },
  { type: 'tool-call-delta', id: 'toolu_1', json: '"a": 1}' },
  { type: 'tool-call-end', id: 'toolu_1' },
];
const THOUGHT: Part = { kind: 'thinking', text: 'I greet and add.\n' };
const WHOLE = model(THOUGHT, text('Hello there\n'), call({ b: 2, a: 1 }));
const NEXT = user({ kind: 'tool-result', callId: 'toolu_1', output: [text('3')], isError: false });

const { signal: SIGNAL } = new AbortController();

/** The tokens of a prompt, of which nothing matters but how many they are. */
const tokens = (length: number): readonly Token[] => Array.from<Token>({ length });

async function kept(limit?: number): Promise<Transcripts<readonly Token[]>> {
  const transcripts = new Transcripts<readonly Token[]>(limit);
  await transcripts.keep(ASKED, tokens(5), ANSWER, SIGNAL);
  return transcripts;
}

async function found(
  transcripts: Transcripts<readonly Token[]>,
  turns: readonly Turn[],
  changes = {},
): Promise<readonly number[]> {
  const asked: GenerationRequest = { ...request(MINI, turns), ...changes };
  return (await transcripts.find(asked, SIGNAL)).map(({ answer }) => answer);
}

describe('the tokens of an answer', async () => {
  covers('R5.3-replay');

  it.each([
    ['as it was', WHOLE],
    [
      'without the white space around it',
      model({ ...THOUGHT, text: 'I greet and add.' }, text('Hello there'), call({ b: 2, a: 1 })),
    ],
    ['in other blocks', model(THOUGHT, text('Hello '), text('there\n'), call({ b: 2, a: 1 }))],
    ['with keys in another order', model(THOUGHT, text('Hello there\n'), call({ a: 1, b: 2 }))],
  ])('are found if a request contains it %s', async (_how, answer) => {
    expect(await found(await kept(), [...ASKED.conversation.turns, answer, NEXT])).toEqual([1]);
  });

  it.each([
    ['another text', model(THOUGHT, text('Hello you'), call({ b: 2, a: 1 }))],
    ['another argument', model(THOUGHT, text('Hello there\n'), call({ b: 2, a: 7 }))],
    ['another call', model(THOUGHT, text('Hello there\n'), call({ b: 2, a: 1 }, 'toolu_2'))],
    ['no thinking', model(text('Hello there\n'), call({ b: 2, a: 1 }))],
  ])('are not found if a request contains it with %s', async (_how, answer) => {
    expect(await found(await kept(), [...ASKED.conversation.turns, answer, NEXT])).toEqual([]);
  });

  it.each([
    ['earlier turns', [user(text('Ho')), WHOLE, NEXT], {}],
    ['thinking', [user(text('Hi')), WHOLE, NEXT], { thinking: { mode: 'adaptive' } }],
    ['tools', [user(text('Hi')), WHOLE, NEXT], { toolChoice: { mode: 'none' } }],
  ])('are not found after other %s', async (_what, turns, changes) => {
    expect(await found(await kept(), turns, changes)).toEqual([]);
  });

  it('are not found for an answer that is to be continued', async () => {
    expect(await found(await kept(), [user(text('Hi')), WHOLE])).toEqual([]);
  });

  it('are found for all answers of a conversation, the last one first', async () => {
    const transcripts = await kept();
    const longer = [user(text('Hi')), WHOLE, NEXT];
    await transcripts.keep(
      request(MINI, longer),
      tokens(9),
      [{ type: 'text-delta', text: 'It is 3.' }],
      SIGNAL,
    );
    const turns = [...longer, model(text('It is 3.')), user(text('Thanks'))];
    expect(await found(transcripts, turns)).toEqual([3, 1]);
  });

  it('are dropped beyond the limit, the least recently used first', async () => {
    const transcripts = await kept(12);
    const other = request(MINI, [user(text('Ho'))]);
    await transcripts.keep(other, tokens(5), ANSWER, SIGNAL);
    const [first, second, third] = ['Hi', 'Ho', 'Ha'].map((said) => [
      user(text(said)),
      WHOLE,
      NEXT,
    ]);
    expect(await found(transcripts, first ?? [])).toEqual([1]);
    await transcripts.keep(request(MINI, [user(text('Ha'))]), tokens(5), ANSWER, SIGNAL);
    const all: (readonly number[])[] = [];
    for (const turns of [first, second, third]) all.push(await found(transcripts, turns ?? []));
    expect(all).toEqual([[1], [], [1]]);
  });
});

import { describe, expect, it } from 'vitest';
import type { GenerationRequest } from '../../../src/core/backend.ts';
import type { ToolSpec } from '../../../src/core/conversation.ts';
import { NO_USAGE } from '../../../src/core/events.ts';
import { cacheMisses } from '../../../src/pipeline/middleware/cache-misses/cache-misses.ts';
import { CONTEXT, playAnswers } from '../../support/chain.ts';
import { collect, MINI, request, said } from '../../support/requests.ts';

const tool = (name: string, description = ''): ToolSpec => ({
  name,
  description,
  inputSchema: { type: 'object' },
  origin: { kind: 'custom' },
  deferred: false,
});
const TEXTS = ['Hello', 'Yes?', 'Go on.', 'I do.', 'And now?'];
const FIRST: GenerationRequest = request(MINI, said(...TEXTS.slice(0, 3)), {
  conversation: { system: [], turns: said(...TEXTS.slice(0, 3)), tools: [tool('a'), tool('b')] },
});
const NEXT: GenerationRequest = {
  ...FIRST,
  conversation: { ...FIRST.conversation, turns: said(...TEXTS) },
};

/**
 * Sends requests through the middleware. The prompt of each has 5,000 tokens more than the one before.
 *
 * @param isBusy the reuse is not known when a request is admitted
 */
function open(isBusy = false) {
  const log: string[] = [];
  let cached = 0;
  let tokens = 0;
  const { next } = playAnswers(() => {
    tokens += 5000;
    const counts = { promptTokens: tokens, cacheReadTokens: cached, cacheCreationTokens: 0 };
    return [
      { type: 'admitted', inputTokens: tokens, ...(!isBusy && { cache: counts }) },
      {
        type: 'finish',
        reason: 'end-turn',
        stopSequence: null,
        usage: { ...NO_USAGE, ...counts },
      },
    ];
  });
  const generate = cacheMisses((line) => log.push(line))(next);
  const send = async (
    asked: GenerationRequest,
    { reused, from, id }: { reused: number; from?: string; id?: string },
    backend: Readonly<Record<string, unknown>> = {},
  ) => {
    cached = reused;
    const diagnosis = from === undefined ? {} : { previousAnswerId: from };
    const { events } = await collect(
      generate({ ...asked, diagnosis, answerId: id ?? 'msg_next' }, { ...CONTEXT, backend }),
    );
    const [first] = events;
    return first?.type === 'admitted' ? first.cacheMiss : undefined;
  };
  return { send, log };
}

describe('the reason for a cache miss', () => {
  it('is absent where the earlier prompt was reused', async () => {
    const { send } = open();
    expect(await send(FIRST, { reused: 0, id: 'msg_1' })).toBeUndefined();
    expect(await send(NEXT, { reused: 4990, from: 'msg_1' })).toBeUndefined();
  });

  const { conversation } = NEXT;
  it.each([
    ['model', { model: { ...MINI, name: 'other' } }],
    ['system', { conversation: { ...conversation, system: [{ kind: 'text', text: 'Now.' }] } }],
    ['tools', { conversation: { ...conversation, tools: [tool('a'), tool('b', 'new')] } }],
    ['tools', { conversation: { ...conversation, tools: [tool('a')] } }],
    ['messages', { conversation: { ...conversation, turns: said('Hi', ...TEXTS.slice(1)) } }],
    ['messages', { conversation: { ...conversation, turns: said('Hello') } }],
  ] as const)('is the %s, with the missed tokens', async (reason, changes) => {
    const { send } = open();
    await send(FIRST, { reused: 0, id: 'msg_1' });
    const asked = { ...NEXT, ...changes } as GenerationRequest;
    expect(await send(asked, { reused: 1000, from: 'msg_1' })).toEqual({
      reason,
      missedTokens: 4000,
    });
  });

  it('is unknown where the prompt continues the earlier one', async () => {
    const { send } = open();
    await send(FIRST, { reused: 0, id: 'msg_1' });
    expect(await send(NEXT, { reused: 0, from: 'msg_1' })).toEqual({ reason: 'unknown' });
  });

  it('is that no answer has the id', async () => {
    expect(await open().send(NEXT, { reused: 0, from: 'msg_x' })).toEqual({ reason: 'not-found' });
  });
});

describe('the log of cache misses', () => {
  const inSession = (asked: GenerationRequest): GenerationRequest => ({
    ...asked,
    session: { session: 's' },
  });
  const local = { loaded: async () => [] };

  it.each([
    ['at its admission', false],
    ['at its end', true],
  ])('names the turn and the place of a change, if the reuse is known %s', async (_, isBusy) => {
    const { send, log } = open(isBusy);
    await send(inSession(FIRST), { reused: 0 }, local);
    const changed = { ...conversation(), tools: [tool('a'), tool('mcp__x')] };
    await send(inSession({ ...NEXT, conversation: changed }), { reused: 400 }, local);
    expect(log).toEqual(['turn 3 evaluated 4,600 tokens again: tools changed at tool 2, mcp__x']);
  });

  it('says that the evaluation was dropped where nothing changed', async () => {
    const { send, log } = open();
    await send(inSession(FIRST), { reused: 0 }, local);
    await send(inSession(NEXT), { reused: 0 }, local);
    expect(log).toEqual([
      'turn 3 evaluated 5,000 tokens again: its evaluation is no longer in memory',
    ]);
  });

  it('has no line for another kind of request in the session', async () => {
    const { send, log } = open();
    await send(inSession(FIRST), { reused: 0 }, local);
    const title = { ...FIRST, outputSchema: { type: 'object' } };
    await send(inSession(title), { reused: 0 }, local);
    await send(inSession(NEXT), { reused: 4990 }, local);
    expect(log).toEqual([]);
  });

  it('has no line for a server that evaluates prompts elsewhere', async () => {
    const { send, log } = open();
    await send(inSession(FIRST), { reused: 0 });
    await send(inSession(NEXT), { reused: 0 });
    expect(log).toEqual([]);
  });

  const conversation = () => NEXT.conversation;
});

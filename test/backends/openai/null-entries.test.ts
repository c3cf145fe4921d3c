import { describe, expect, it, onTestFinished } from 'vitest';
import { readModelList } from '../../../src/backends/openai/listing.ts';
import { collect, request, said } from '../../support/requests.ts';
import { event, startActing } from './acting-server.ts';
import type { Act } from './acting-server.ts';
import { entry, openBackend } from './peers.ts';

const signal = AbortSignal.timeout(60_000);

async function answerTo(act: Act) {
  const server = await startActing(() => act);
  const model = entry(server.url, { server: 'other' });
  const backend = openBackend();
  onTestFinished(() => backend.close());
  return collect(backend.generate(request(model, said('Hi')), signal));
}

const CALL = { index: 0, id: 'a', function: { name: 'look', arguments: '{"at":"x"}' } };

describe('a good answer of a server', () => {
  it.each([
    ['calls', { tool_calls: [null] }],
    ['a call without a function', { tool_calls: [{ index: 0, function: null }] }],
    [
      'a call of nothing',
      { tool_calls: [{ index: 0, function: { name: null, arguments: null } }] },
    ],
    ['a call of the first version', { function_call: null }],
    ['blocks', { content: [null] }],
    ['thinking in a block', { content: [{ type: 'thinking', thinking: [null] }] }],
    ['fields', { role: null, content: null, reasoning: null, refusal: null, tool_calls: null }],
  ])('is read with null for %s', async (_what, delta) => {
    const events = [event(delta), event({ content: 'One' }), event(delta, 'stop')];
    const { text, finish } = await answerTo({ events });
    expect([text, finish?.reason]).toEqual(['One', 'end-turn']);
  });

  it.each([
    ['choices', { choices: [null] }],
    ['a delta', { choices: [{ delta: null }] }],
  ])('is read with null for %s', async (_what, odd) => {
    const { text } = await answerTo({
      events: [odd, event({ content: 'One' }), event({}, 'stop')],
    });
    expect(text).toBe('One');
  });

  it('keeps its calls next to null', async () => {
    const events = [event({ tool_calls: [null, CALL] }), event({}, 'tool_calls')];
    const whole = {
      choices: [
        null,
        { message: { content: [null], tool_calls: [null, CALL] }, finish_reason: 'tool_calls' },
      ],
    };
    for (const act of [{ events }, { whole }]) {
      const { finish, events: seen } = await answerTo(act);
      expect(finish?.reason).toBe('tool-use');
      const calls = seen.filter(({ type }) => type.startsWith('tool-call'));
      expect(calls).toMatchObject([{ name: 'look' }, { json: '{"at":"x"}' }, {}]);
    }
  });

  it('keeps its text next to null, in one piece', async () => {
    const message = { content: [{ type: 'text', text: 'One' }, null], tool_calls: [null] };
    const { text } = await answerTo({ whole: { choices: [{ message, finish_reason: 'stop' }] } });
    expect(text).toBe('One');
  });
});

describe('an answer in one piece without a message', () => {
  it.each([
    { choices: [] },
    { choices: [null] },
    { choices: null },
    { choices: [{ message: null, finish_reason: 'stop' }] },
    { choices: [{ finish_reason: 'stop' }] },
    { choices: [{ message: { content: 7 } }] },
  ])('fails with its reason: %j', async (whole) => {
    const failure: unknown = await answerTo({ whole }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'backend-failed' });
    expect(String(failure)).toContain('sent an answer without a message');
  });
});

describe('the list of a server’s models', () => {
  it('is read without its null entries', () => {
    expect(readModelList({ data: [null, { id: 'a' }] })).toMatchObject([{ id: 'a' }]);
  });
});

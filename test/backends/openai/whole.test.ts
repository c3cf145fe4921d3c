import { afterAll, describe, expect, it, onTestFinished } from 'vitest';

import { isRecord } from '../../../src/core/json.ts';
import { collect, request, said } from '../../support/requests.ts';
import { readBody, serve } from '../../support/upstream/replay.ts';
import { openBackend } from './peers.ts';
import { covers } from '../../support/covers.ts';
import type { OpenAiSpec } from '../../../src/backends/openai/spec.ts';

const backend = openBackend();
afterAll(() => backend.close());
const signal = AbortSignal.timeout(30_000);

const USAGE = {
  prompt_tokens: 20,
  completion_tokens: 7,
  prompt_tokens_details: { cached_tokens: 12 },
  completion_tokens_details: { reasoning_tokens: 3 },
};

/** Opens a server that returns this answer, and records its requests. */
async function answering(message: object | string, finish_reason = 'stop') {
  const asked: Record<string, unknown>[] = [];
  const { url, close } = await serve((incoming, response) => {
    void (async () => {
      const body: unknown = JSON.parse((await readBody(incoming)).toString() || '{}');
      if (isRecord(body)) asked.push(body);
      response.setHeader('content-type', 'application/json');
      const whole = { choices: [{ index: 0, message, finish_reason }], usage: USAGE };
      response.end(typeof message === 'string' ? message : JSON.stringify(whole));
    })();
  });
  onTestFinished(close);
  const model: OpenAiSpec = {
    name: 'm',
    backend: 'openai',
    url,
    server: 'other',
    thinking: 'none',
  };
  const ask = (changes = {}) =>
    collect(backend.generate(request(model, said('Hi'), { whole: true, ...changes }), signal));
  return { ask, bodies: () => asked.filter((body) => 'messages' in body) };
}

describe('an answer that is not streamed', () => {
  covers('R4.2-whole');

  it('is requested in one piece, with text, thinking and usage', async () => {
    const { ask, bodies } = await answering({ content: 'Hello.', reasoning_content: 'Hm.' });
    const answer = await ask();
    expect(bodies()).toMatchObject([{ stream: false }]);
    expect(bodies()[0]).not.toHaveProperty('stream_options');
    expect(answer).toMatchObject({
      text: 'Hello.',
      thinking: 'Hm.',
      finish: {
        reason: 'end-turn',
        usage: { promptTokens: 20, cacheReadTokens: 12, outputTokens: 7, thinkingTokens: 3 },
      },
    });
  });

  it('has all its calls, whether or not they have ids', async () => {
    const call = (name: string) => ({ type: 'function', function: { name, arguments: '{"a":1}' } });
    const message = { content: null, tool_calls: [call('one'), call('two')] };
    const { ask } = await answering(message, 'tool_calls');
    const { events, finish } = await ask();
    const starts = events.filter(({ type }) => type === 'tool-call-start');
    expect(starts).toMatchObject([{ name: 'one' }, { name: 'two' }]);
    expect(events.filter(({ type }) => type === 'tool-call-end')).toHaveLength(2);
    expect(finish?.reason).toBe('tool-use');
  });

  it.each([
    ['if Portico looks for stop sequences', { stopSequences: ['x'] }],
    ['if it may be long, as a proxy would time out', { maxTokens: 5000 }],
    ['if the client streams it', { whole: false }],
  ])('is streamed by the server %s', async (_case, changes) => {
    const { ask, bodies } = await answering({ content: 'Hello.' });
    await ask(changes);
    expect(bodies()).toMatchObject([{ stream: true }]);
  });

  it.each([
    ['an error', '{"error": {"message": "CUDA error"}}', 'CUDA error'],
    ['half of one', '{"choices": [{"message": {"cont', '200 with application/json'],
    ['none', '{"choices": []}', ''],
  ])('that is %s fails', async (_case, body, says) => {
    const { ask } = await answering(body);
    await expect(ask()).rejects.toMatchObject({
      code: 'backend-failed',
      message: expect.stringContaining(says) as string,
    });
  });
});

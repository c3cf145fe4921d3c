import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOllamaBackend } from '../../../src/backends/ollama/backend.ts';
import type { GenerationRequest } from '../../../src/core/backend.ts';
import type { GenerationEvent } from '../../../src/core/events.ts';
import { serve } from '../../support/upstream/replay.ts';
import type { LocalServer } from '../../support/upstream/replay.ts';
import { ask, modelSpec } from './requests.ts';

const TOKENS = 700;
const CACHED = 690;
const LONG = 'Some words to count. '.repeat(100);

let server: LocalServer;
const backend = createOllamaBackend();
beforeAll(async () => {
  server = await serve((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url !== '/api/chat') response.end('{"details":{}}');
    else {
      const message = { role: 'assistant', content: 'One' };
      const counts = {
        prompt_eval_count: TOKENS,
        prompt_eval_cached_count: CACHED,
        eval_count: 1,
      };
      response.end(`${JSON.stringify({ message, done: true, done_reason: 'stop', ...counts })}\n`);
    }
  });
});
afterAll(async () => {
  await backend.close();
  await server.close();
});

async function ends(text: string, changes: Partial<GenerationRequest> = {}) {
  const asked = ask(modelSpec('mini', { url: server.url, context: 4096 }), text, changes);
  const events: GenerationEvent[] = [];
  for await (const event of backend.generate(asked, AbortSignal.timeout(30_000)))
    events.push(event);
  const [admitted] = events;
  const finish = events.at(-1);
  if (admitted?.type !== 'admitted' || finish?.type !== 'finish') throw new Error('No answer.');
  return { admitted, usage: finish.usage };
}

describe('the prompt’s tokens at admission by Ollama', () => {
  it('are an estimate if they were not counted, by the model’s last count once there is one', async () => {
    const { admitted } = await ends('How many?');
    expect(admitted.inputTokens).toBeGreaterThan(0);
    const { usage } = await ends(LONG);
    expect(usage.promptTokens).toBe(TOKENS);
    const again = await ends(LONG);
    expect(again.admitted.inputTokens).toBe(TOKENS);
  });

  it('are the count and what was cached of it if they were counted', async () => {
    const { admitted, usage } = await ends(LONG, { stopSequences: ['Stop'] });
    expect(admitted).toEqual({
      type: 'admitted',
      inputTokens: usage.promptTokens,
      cache: {
        cacheReadTokens: usage.cacheReadTokens,
        cacheCreationTokens: usage.cacheCreationTokens,
      },
    });
  });
});

import { afterEach, expect, it } from 'vitest';
import type { GenerationRequest } from '../../src/core/backend.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';

let server: ScriptedServer | undefined;
afterEach(() => server?.close());

/**
 * A model that has cached 7 of 10 tokens, and notes what it is asked.
 *
 * @param estimatedTokens tokens of the prompt before the answer
 */
async function serve(estimatedTokens = 10): Promise<GenerationRequest[]> {
  const asked: GenerationRequest[] = [];
  server = await serveScript({
    promptTokens: estimatedTokens,
    async *script(request) {
      asked.push(request);
      yield { type: 'text-delta', text: 'Hi' };
      yield {
        type: 'finish',
        reason: 'end-turn',
        stopSequence: null,
        usage: {
          promptTokens: 10,
          cacheReadTokens: 0,
          cacheCreationTokens: 7,
          outputTokens: 1,
          thinkingTokens: 0,
        },
      };
    },
  });
  return asked;
}

function lineOf(path = '/v1/messages'): Record<string, unknown> {
  const lines = (server?.logged ?? []).map((line) => JSON.parse(line) as Record<string, unknown>);
  return lines.find(({ msg }) => msg === `POST ${path}`) ?? {};
}

const look = { name: 'look', input_schema: { type: 'object' } };

it('does not offer a tool that only code may call, and logs so', async () => {
  const asked = await serve();
  const hidden = { ...look, name: 'hidden', allowed_callers: ['code_execution_20260120'] };
  await server?.ask({ tools: [look, hidden] });
  expect(asked[0]?.conversation.tools.map(({ name }) => name)).toEqual(['look']);
  expect(lineOf()).toMatchObject({ ignored: ['tools.hidden'] });
});

it('refuses a demanded call of a tool that only code may call', async () => {
  await serve();
  const hidden = { ...look, allowed_callers: ['code_execution_20260120'] };
  const response = await server?.ask({ tools: [hidden], tool_choice: { type: 'any' } });
  expect(response?.status).toBe(400);
  expect(await response?.text()).toContain('tool_choice');
});

it('logs a clamped max_tokens, and nothing if it fits', async () => {
  await serve();
  await server?.ask({ max_tokens: 1 });
  expect(lineOf()).not.toHaveProperty('maxTokensClampedTo');
  await server?.close();
  await serve();
  await server?.ask({ max_tokens: 10_000_000 });
  expect(lineOf()['maxTokensClampedTo']).toBeGreaterThan(0);
});

it('logs the clamp by the count if the estimate before it exceeds the context', async () => {
  await serve(10_000_000);
  await server?.ask({ max_tokens: 1 });
  expect(lineOf()).not.toHaveProperty('maxTokensClampedTo');
  await server?.close();
  await serve(10_000_000);
  await server?.ask({ max_tokens: 10_000_000 });
  const clamped = lineOf()['maxTokensClampedTo'];
  await server?.close();
  await serve();
  await server?.ask({ max_tokens: 10_000_000 });
  expect(clamped).toBe(lineOf()['maxTokensClampedTo']);
});

it.each([
  ['5m', { ephemeral_5m_input_tokens: 7, ephemeral_1h_input_tokens: 0 }],
  ['1h', { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 7 }],
])('counts what is cached for %s so', async (ttl, cache_creation) => {
  const asked = await serve();
  const response = await server?.ask({ cache_control: { type: 'ephemeral', ttl } });
  expect(await response?.json()).toMatchObject({ usage: { cache_creation } });
  expect(asked[0]?.cachesPrompt).toBe(true);
});

it('logs the same ignored keys of a count as of an answer', async () => {
  await serve();
  const body = {
    tools: [{ ...look, odd_tool: 1 }],
    metadata: { user_id: 'me', odd_metadata: 1 },
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'Hi', odd_block: 1 }], odd_message: 1 },
    ],
  };
  await server?.ask(body);
  const path = '/v1/messages/count_tokens';
  const counted = await fetch(`${server?.url}${path}`, {
    method: 'POST',
    body: JSON.stringify({ model: 'actor', ...body }),
  });
  expect(await counted.json()).toEqual({ input_tokens: 10 });
  const { ignored } = lineOf();
  expect(ignored).toHaveLength(4);
  expect(lineOf(path)).toMatchObject({ model: 'actor', ignored });
});

import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { answering } from '../support/scripted-answers.ts';
import { serveScript } from '../support/scripted-server.ts';

const LIST = z.object({ data: z.array(z.object({ id: z.string() })) });

async function serve(): Promise<string> {
  const server = await serveScript({
    capabilities: { contextTokens: 200_000 },
    script: async function* play() {
      yield* answering('Said.');
    },
  });
  onTestFinished(() => server.close());
  return server.url;
}

async function namesFor(url: string, userAgent: string): Promise<readonly string[]> {
  const headers = { 'user-agent': userAgent };
  const response = await fetch(`${url}/v1/models?limit=1000`, { headers });
  return LIST.parse(await response.json()).data.map(({ id }) => id);
}

const ask = (url: string, model: string): Promise<Response> =>
  fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, max_tokens: 9, messages: [{ role: 'user', content: 'Say it' }] }),
  });

describe('the names for Claude Code', () => {
  it('are listed to it alone', async () => {
    const url = await serve();
    const others = await namesFor(url, 'Anthropic/JS 0.120.0');
    expect(others.filter((id) => id.startsWith('claude-local-'))).toEqual([]);
    for (const userAgent of ['claude-code/2.1.332', 'claude-cli/2.1.332 (external, cli)']) {
      const names = await namesFor(url, userAgent);
      expect(names).toEqual(expect.arrayContaining([...others, 'claude-local-actor']));
      expect(names.filter((id) => id.startsWith('claude-local-claude'))).toEqual([]);
    }
  });

  it('have a description if the entry has none', async () => {
    const url = await serve();
    const headers = { 'user-agent': 'claude-code/2.1.332' };
    const response = await fetch(`${url}/v1/models?limit=1000`, { headers });
    expect(await response.json()).toMatchObject({
      data: expect.arrayContaining([
        expect.objectContaining({ id: 'actor', description: null }),
        expect.objectContaining({
          id: 'claude-local-actor',
          description: 'Local model, context of 200,000 tokens',
        }),
      ]) as unknown,
    });
  });

  it.each(['claude-local-actor', 'actor[1m]', 'claude-local-actor[1m]', 'Claude-Local-actor[1M]'])(
    'are answered by the model: %s',
    async (name) => {
      const url = await serve();
      const described = await fetch(`${url}/v1/models/${encodeURIComponent(name)}`);
      expect(await described.json()).toMatchObject({ id: name, max_input_tokens: 200_000 });
      const answer = await ask(url, name);
      expect(answer.headers.get('portico-model')).toBe('actor');
      expect(await answer.json()).toMatchObject({ model: name, stop_reason: 'end_turn' });
    },
  );

  it('of a model that is gone are not answered by another', async () => {
    const answer = await ask(await serve(), 'claude-local-gone');
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('claude-local-gone is not known');
  });
});

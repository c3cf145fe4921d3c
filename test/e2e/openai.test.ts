import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { composeServer } from '../../src/compose.ts';
import { resolveSettings } from '../../src/config/settings.ts';
import { ANSWER, event, startActing } from '../backends/openai/acting-server.ts';
import { covers } from '../support/covers.ts';

const CLIENT = 'a-key-of-the-client';
const UPSTREAM = 'a-key-of-the-upstream';

/** A PNG of one pixel. */
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** Starts a server whose models.yaml has one model, on the server at the URL; returns its own URL and log. */
async function startPortico(url: string, more = ''): Promise<{ url: string; log: string[] }> {
  const home = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
  const model = `{ backend: openai, upstream: theirs, url: '${url}', key: TEAM_KEY, headers: { x-team: us }${more} }`;
  await writeFile(path.join(home, 'models.yaml'), `models:\n  ours: ${model}\n`);
  await writeFile(path.join(home, '.env'), `TEAM_KEY=${UPSTREAM}\n`);
  const log: string[] = [];
  const server = await composeServer(
    resolveSettings({ port: '0', apiKey: [CLIENT] }, { PORTICO_HOME: home }),
    pino({ level: 'trace' }, { write: (line) => void log.push(line) }),
  );
  onTestFinished(async () => {
    await server.stop();
    await rm(home, { recursive: true, force: true });
  });
  return { url: server.url, log };
}

function post(url: string, body: object): Promise<Response> {
  return fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': CLIENT, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'ours',
      max_tokens: 50,
      messages: [{ role: 'user', content: 'Hello' }],
      ...body,
    }),
  });
}

describe('a model on a server with OpenAI’s API', () => {
  covers('R4.2-secret', 'R4.2-entry', 'R4.2-calls', 'R4.2-images', 'R4.2-away');

  it('answers with its own key, and never sees the client’s', async () => {
    const upstream = await startActing(() => ANSWER);
    const { url, log } = await startPortico(upstream.url);
    const response = await post(url, {});
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      content: [{ type: 'text', text: 'One' }],
      usage: { input_tokens: 20, output_tokens: 2 },
    });
    expect(upstream.seen).toHaveLength(1);
    expect(upstream.seen[0]?.headers).toMatchObject({
      authorization: `Bearer ${UPSTREAM}`,
      'x-team': 'us',
    });
    expect(upstream.seen[0]?.body).toMatchObject({ model: 'theirs' });
    expect(JSON.stringify(upstream.seen)).not.toContain(CLIENT);
    expect(log.join('\n')).not.toMatch(/a-key-of-the-/);
  });

  it('makes calls that come between each other, one block after the other', async () => {
    const call = (index: number, name: string, json: string) =>
      event({ tool_calls: [{ index, function: { name, arguments: json } }] });
    const upstream = await startActing(() => ({
      events: [
        call(0, 'look', '{"at":'),
        call(1, 'go', '{"to":'),
        call(0, '', '"sea"}'),
        call(1, '', '"hill"}'),
        event({}, 'tool_calls'),
      ],
    }));
    const { url } = await startPortico(upstream.url);
    const tool = (name: string) => ({ name, input_schema: { type: 'object' } });
    const response = await post(url, { tools: [tool('look'), tool('go')] });
    expect(await response.json()).toMatchObject({
      stop_reason: 'tool_use',
      content: [
        { type: 'tool_use', name: 'look', input: { at: 'sea' } },
        { type: 'tool_use', name: 'go', input: { to: 'hill' } },
      ],
    });
  });

  it('sees pictures, where models.yaml says that it can', async () => {
    const upstream = await startActing(() => ANSWER);
    const source = { type: 'base64', media_type: 'image/png', data: PIXEL };
    const messages = [{ role: 'user', content: [{ type: 'image', source }] }];
    const textOnly = await startPortico(upstream.url);
    expect((await post(textOnly.url, { messages })).status).toBe(400);
    const seeing = await startPortico(upstream.url, ', images: true');
    expect((await post(seeing.url, { messages })).status).toBe(200);
    expect(JSON.stringify(upstream.seen[0]?.body)).toContain(`data:image/png;base64,${PIXEL}`);
  });

  it('is 529 with retry-after while its server is away', async () => {
    const { url } = await startPortico('http://127.0.0.1:9');
    const response = await post(url, {});
    expect(response.status).toBe(529);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await response.text()).toContain('does not answer at http://127.0.0.1:9');
  });
});

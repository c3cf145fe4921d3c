import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post, request } from '../support/messages-api.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { fixturesOf } from '../support/upstream/fixtures.ts';
import { startReplay } from '../support/upstream/replay.ts';
import type { LocalServer } from '../support/upstream/replay.ts';
import { covers } from '../support/covers.ts';

/** Server that lists models, and answers any request with a recorded tool call. */
async function startOllama(): Promise<LocalServer> {
  const recording = await fixturesOf('ollama').read('tools');
  const [listing] = (await fixturesOf('ollama').read('discover')).exchanges;
  if (listing === undefined) throw new Error('nothing is recorded in discover.json');
  const anything = recording.exchanges.map(({ request: { method, path }, response }) => ({
    request: { method, path },
    response,
  }));
  return startReplay({ ...recording, exchanges: [listing, ...anything] });
}

let ollama: LocalServer;
let server: RunningServer;
beforeAll(async () => {
  ollama = await startOllama();
  server = await startServer({ environment: { OLLAMA_HOST: `127.0.0.1:${ollama.port}` } });
});
afterAll(async () => {
  await server.stop();
  await ollama.close();
});

const tools = [{ name: 'get_weather', input_schema: { type: 'object', properties: {} } }];

describe('models of an Ollama that is not configured', () => {
  covers('R4.1-discover', 'R2.3-models', 'R2.3-model', 'R4.1-tools');

  it('are listed after the registry’s', async () => {
    const response = await fetch(`${server.url}/v1/models?limit=1000`);
    const { data } = (await response.json()) as { data: readonly { id: string }[] };
    const names = data.map(({ id }) => id);
    expect(names[0]).toBe('mini');
    // `mini` of the registry hides the `mini:latest` of Ollama.
    expect(names.slice(-2).toSorted()).toEqual(['mini-think:latest', 'mini-tools:latest']);
    expect(names).not.toContain('mini:latest');
  });

  it('report their capabilities', async () => {
    const response = await fetch(`${server.url}/v1/models/mini-tools`);
    expect(await response.json()).toMatchObject({
      id: 'mini-tools',
      max_input_tokens: 8192,
      capabilities: { structured_outputs: { supported: true } },
    });
  });

  it('call tools of a client', async () => {
    const response = await post(
      `${server.url}/v1/messages`,
      request('What is the weather in Paris?', { model: 'mini-tools', tools }),
    );
    expect(await response.json()).toMatchObject({
      stop_reason: 'tool_use',
      content: [
        { type: 'text' },
        { type: 'tool_use', name: 'get_weather', input: { location: 'Paris' } },
      ],
    });
  });

  it('are named where a name is unknown', async () => {
    const response = await post(
      `${server.url}/v1/messages`,
      request('Hello', { model: 'mini-tool' }),
    );
    expect(response.status).toBe(404);
    expect(await response.text()).toMatch(/mini-tool is not known; there are mini,.*mini-tools/);
  });
});

import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttpClient } from '../../../src/net/http-client.ts';
import { createServerClient } from '../../../src/backends/openai/client.ts';
import { SERVER } from '../../../src/backends/openai/failures.ts';
import { createKeyRing } from '../../../src/backends/openai/keys.ts';
import { serve } from '../../support/upstream/replay.ts';
import { covers } from '../../support/covers.ts';

const signal = AbortSignal.timeout(30_000);

/** A client of a server that answers by these statuses, and the paths that it was asked for. */
async function start(statuses: Readonly<Record<string, number>>) {
  const asked: string[] = [];
  const server = await serve((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url} ${incoming.headers.authorization}`);
    response.statusCode = statuses[incoming.url ?? ''] ?? 404;
    response.end('{}');
  });
  const http = createHttpClient(SERVER);
  onTestFinished(async () => {
    await http.close();
    await server.close();
  });
  const keys = createKeyRing(async (name) => (name === 'K' ? 'key' : undefined));
  const url = `${server.url}/v1`;
  return { client: createServerClient({ http, keys, url, model: { key: 'K' } }), asked, server };
}

describe('a server', () => {
  covers('R4.3-health');

  it.each([
    ['says that it is healthy', { '/health': 200 }, true, 1],
    ['has no such page, but lists models', { '/v1/models': 200 }, true, 2],
    ['has neither, but answers', {}, true, 2],
    ['says that it is not', { '/health': 503, '/v1/models': 200 }, false, 1],
    ['has no such page, and fails', { '/v1/models': 500 }, false, 2],
    ['still limits its clients', { '/v1/models': 429 }, false, 2],
  ] as const)('that %s is asked for next to nothing', async (_name, statuses, healthy, count) => {
    const { client, asked } = await start(statuses);
    expect(await client.isHealthy(signal)).toBe(healthy);
    expect(asked).toEqual(['GET /health Bearer key', 'GET /v1/models Bearer key'].slice(0, count));
  });

  it('that is not there is not healthy', async () => {
    const { client, server } = await start({});
    await server.close();
    await expect(client.isHealthy(signal)).rejects.toMatchObject({ code: 'backend-unavailable' });
  });
});

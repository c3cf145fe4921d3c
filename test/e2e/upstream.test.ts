import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBody, serve } from '../backends/ollama/replay.ts';
import type { LocalServer } from '../backends/ollama/replay.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';

const KEY = 'a-key-of-the-client';

describe('[R2.11-upstream] a client’s key', () => {
  const seen: string[] = [];
  let upstream: LocalServer;
  let server: RunningServer;

  const note = async (request: IncomingMessage) => {
    seen.push(JSON.stringify(request.headers), (await readBody(request)).toString('utf8'));
  };

  beforeAll(async () => {
    upstream = await serve((request, response) => {
      void note(request);
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end('{"error":"model not found"}');
    });
    server = await startServer({
      args: ['--api-key', KEY],
      registry: `models:\n  far:\n    backend: ollama\n    url: ${upstream.url}\n`,
    });
  });
  afterAll(async () => {
    await server.stop();
    await upstream.close();
  });

  it.each([{ 'x-api-key': KEY }, { authorization: `Bearer ${KEY}` }])(
    'stays here: %o',
    async (headers) => {
      seen.length = 0;
      const response = await fetch(`${server.url}/v1/messages`, {
        method: 'POST',
        headers,
        body: JSON.stringify({
          model: 'far',
          max_tokens: 9,
          messages: [{ role: 'user', content: 'Hello' }],
        }),
      });
      expect(response.status).toBe(404);
      expect(seen.length).toBeGreaterThan(0);
      expect(seen.join('\n')).not.toContain(KEY);
      expect(server.stderr()).not.toContain(KEY);
    },
  );
});

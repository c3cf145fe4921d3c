import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post, request } from '../support/messages-api.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { covers } from '../support/covers.ts';

const SECRET = 'a-key-of-the-client';

// An upstream that keeps what it is sent: what it answers does not matter here.
const received: string[] = [];
const upstream = createServer((incoming, outgoing) => void refuse(incoming, outgoing));

async function refuse(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  received.push(`${incoming.url} ${JSON.stringify(incoming.rawHeaders)} ${await text(incoming)}`);
  outgoing.writeHead(500, { 'content-type': 'application/json' }).end('{"error":"not today"}');
}

let server: RunningServer;
beforeAll(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const { port } = upstream.address() as AddressInfo;
  const model = `{ backend: ollama, upstream: theirs, url: 'http://127.0.0.1:${port}' }`;
  server = await startServer({
    registry: `models:\n  ours: ${model}\n`,
    args: ['--api-key', SECRET],
  });
});
afterAll(async () => {
  await server.stop();
  upstream.close();
});

describe('a model on another server', () => {
  covers('R2.11-upstream', 'R2.12-no-trace');

  it.each([{ 'x-api-key': SECRET }, { authorization: `Bearer ${SECRET}` }])(
    'never sees the key of the client: %o',
    async (headers) => {
      received.length = 0;
      const body = request('Hello', { model: 'ours' });
      const response = await post(`${server.url}/v1/messages`, body, headers);
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(received.join('\n')).toContain('theirs');
      expect(received.join('\n')).not.toContain(SECRET);
      expect(await response.text()).not.toMatch(/\\n\s+at |a-key-of/);
    },
  );
});

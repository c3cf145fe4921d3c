import { readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messageOf, post, request } from '../support/messages-api.ts';
import { childrenOf } from '../support/processes.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { readBody, serve } from '../support/upstream/replay.ts';
import type { LocalServer } from '../support/upstream/replay.ts';

const OWN = 'own-key-of-this-server';
const UPSTREAM = 'plain words as an upstream key';
const FILED = 'of.the.env.file';

/** Says the keys that it could know, in an error or in its media type. */
const ACTS: Readonly<Record<string, (said: string) => readonly [number, string, string]>> = {
  error: (said) => [400, 'application/json', JSON.stringify({ error: { message: said } })],
  event: (said) => [
    200,
    'text/event-stream',
    `data: {"choices":[{"delta":{"content":"One"}}]}\n\ndata: ${JSON.stringify({ error: { message: said } })}\n\n`,
  ],
  type: (said) => [200, `text/html; ${said.replaceAll(' ', '-')} ${said}`, '<html>'],
};

async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  await readBody(incoming);
  const act = ACTS[incoming.url?.split('/')[1] ?? ''];
  const sent = incoming.headers.authorization?.replace('Bearer ', '') ?? '';
  const [status, type, body] = act?.(`refused: ${OWN}, ${sent}`) ?? [404, 'text/plain', ''];
  response.writeHead(status, { 'content-type': type }).end(body);
}

describe.skipIf(process.platform === 'win32')('keys', () => {
  let upstream: LocalServer;
  let server: RunningServer;
  beforeAll(async () => {
    upstream = await serve((incoming, response) => void answer(incoming, response));
    const entries = Object.keys(ACTS).map(
      (act) => `  ${act}: { backend: openai, url: '${upstream.url}/${act}', key: TEAM_LOGIN }\n`,
    );
    const filed = `  filed: { backend: openai, url: '${upstream.url}/error', key: FILED_LOGIN }\n`;
    server = await startServer({
      registry: `models:\n${entries.join('')}${filed}`,
      args: ['--web-search', 'node search.mjs'],
      environment: { PORTICO_API_KEYS: OWN, TEAM_LOGIN: UPSTREAM, SOME_SECRET: 'x', PLAIN: 'y' },
    });
    await writeFile(path.join(server.home, '.env'), `FILED_LOGIN=${FILED}\n`);
  });
  afterAll(async () => {
    await server.stop();
    await upstream.close();
  });

  const ask = (model: string, stream = false) =>
    post(`${server.url}/v1/messages`, request('Hello', { model, stream }), { 'x-api-key': OWN });

  it.each(['error', 'event', 'type', 'filed'])(
    'that a server repeats reach neither the client nor the log: by %s',
    async (model) => {
      for (const stream of [false, true]) {
        const text = await (await ask(model, stream)).text();
        expect(text).toContain('error');
        for (const key of [OWN, UPSTREAM, FILED]) expect(text).not.toContain(key);
      }
      for (const key of [OWN, UPSTREAM, FILED]) expect(server.stderr()).not.toContain(key);
      expect(server.stderr()).toContain('[redacted]');
    },
  );

  it.runIf(process.platform === 'linux')('are not in the environment of an engine', async () => {
    await messageOf(await ask('mini'));
    const [engine] = await childrenOf(server.process.pid ?? 0);
    const environment = await readFile(`/proc/${engine}/environ`, 'utf8');
    const names = environment.split('\0').map((line) => line.split('=')[0]);
    expect(names).toContain('PLAIN');
    for (const name of ['PORTICO_API_KEYS', 'TEAM_LOGIN', 'SOME_SECRET']) {
      expect(names).not.toContain(name);
    }
    for (const key of [OWN, UPSTREAM]) expect(environment).not.toContain(key);
  });
});

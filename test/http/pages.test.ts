import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import type { AppOptions } from '../../src/http/app.ts';
import { rawRequest } from '../support/raw-request.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';

const APP = 'http://app.example:5173';
const QUESTION = JSON.stringify({
  model: 'actor',
  max_tokens: 10,
  messages: [{ role: 'user', content: 'Hello' }],
});

let server: ScriptedServer;
let generated = 0;
afterEach(() => server.close());

/** Serves a model that says one word, and counts how often it was asked. */
async function serve(options: Partial<AppOptions> = {}): Promise<void> {
  generated = 0;
  server = await serveScript(
    {
      async *script() {
        generated++;
        yield { type: 'text-delta', text: 'Hello' };
        yield {
          type: 'finish',
          reason: 'end-turn',
          stopSequence: null,
          usage: {
            promptTokens: 10,
            cacheReadTokens: 0,
            cacheCreationTokens: 0,
            outputTokens: 1,
            thinkingTokens: 0,
          },
        };
      },
    },
    options,
  );
}

const ask = (headers: Readonly<Record<string, string>>) =>
  rawRequest(`${server.url}/v1/messages`, headers, QUESTION);

const preflight = (headers: Readonly<Record<string, string>>) =>
  rawRequest(`${server.url}/v1/messages`, headers, undefined, 'OPTIONS');

describe('a page of an origin that is let in', () => {
  it('may read answers and their ids, errors too', async () => {
    await serve({ corsOrigins: [APP] });
    const origin = { origin: APP, 'sec-fetch-site': 'cross-site' };
    const answers = [
      await ask(origin),
      await rawRequest(`${server.url}/v1/models/nothing`, origin),
      await rawRequest(`${server.url}/health`, origin),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 200]);
    for (const { headers } of answers) {
      expect(headers['access-control-allow-origin']).toBe(APP);
      expect(headers['access-control-expose-headers']).toContain('request-id');
      expect(headers.vary?.toLowerCase()).toContain('origin');
      expect(headers['access-control-allow-credentials']).toBeUndefined();
    }
  });

  it('has its preflight answered, which shows no key', async () => {
    await serve({ corsOrigins: [APP], apiKeys: ['first-key'] });
    const { status, headers } = await preflight({
      origin: APP,
      'sec-fetch-site': 'cross-site',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-api-key,x-stainless-lang',
      'access-control-request-private-network': 'true',
    });
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-allow-headers': 'content-type,x-api-key,x-stainless-lang',
      'access-control-allow-private-network': 'true',
    });
    expect(headers['access-control-allow-methods']).toContain('POST');
  });

  it('needs a key where the server has keys', async () => {
    await serve({ corsOrigins: ['*'], apiKeys: ['first-key'] });
    const refused = await ask({ origin: APP });
    expect(refused.status).toBe(401);
    expect(refused.headers['access-control-allow-origin']).toBe(APP);
    expect((await ask({ origin: APP, 'x-api-key': 'first-key' })).status).toBe(200);
  });
});

describe('a page of another origin', () => {
  it.each([
    ['a foreign site', { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a neighbour of one that is let in', { origin: 'http://app.example:5174' }],
    ['a site, without its origin', { 'sec-fetch-site': 'cross-site' }],
    ['a sandbox', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    [
      'localhost by another name',
      { origin: 'http://localhost:3000', 'sec-fetch-site': 'cross-site' },
    ],
  ])('is refused before anything starts: %s', async (_whose, headers) => {
    await serve({ corsOrigins: [APP] });
    const { status, headers: answered } = await ask(headers);
    expect(status).toBe(403);
    expect(answered['access-control-allow-origin']).toBeUndefined();
    expect(generated).toBe(0);
  });

  it('is refused by a server with keys too, and its preflight by any', async () => {
    await serve({ apiKeys: ['first-key'], host: '0.0.0.0' });
    const page = { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' };
    expect((await ask({ ...page, 'x-api-key': 'first-key' })).status).toBe(403);
    const asked = { ...page, 'access-control-request-method': 'POST' };
    const { status, headers } = await preflight(asked);
    expect(status).toBe(403);
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(generated).toBe(0);
  });

  it('gets a hint for its access', async () => {
    await serve();
    const { body } = await ask({ origin: 'http://evil.example' });
    expect(body).toContain('--cors http://evil.example');
  });
});

describe('a server that everyone may use without a key', () => {
  it.each([
    ['127.0.0.1', 200],
    ['192.168.1.20:11435', 200],
    ['[fe80::1]:11435', 200],
    ['localhost', 200],
    ['portico.lan:11435', 200],
    ['Box.LAN', 200],
    ['evil.example', 403],
    ['portico.lan.evil.example', 403],
  ])('asked as %s is a %d', async (host, status) => {
    await serve({ host: 'box.lan', allowedHosts: ['portico.lan'] });
    expect((await ask({ host })).status).toBe(status);
    expect(generated).toBe(status === 200 ? 1 : 0);
  });

  it('lets its own pages send requests, and no others', async () => {
    await serve({ host: '0.0.0.0', allowedHosts: ['portico.lan'] });
    const host = 'portico.lan';
    expect((await ask({ host, origin: 'http://portico.lan' })).status).toBe(200);
    expect((await ask({ host, origin: 'http://192.168.1.30' })).status).toBe(403);
    expect((await ask({ host, origin: 'http://localhost:3000' })).status).toBe(403);
  });

  it('says by which flag a name is allowed', async () => {
    await serve({ host: '0.0.0.0' });
    expect((await ask({ host: 'box.lan:80' })).body).toContain('--allowed-host box.lan');
  });
});

describe('a server with keys', () => {
  it('takes any name, unless it is given names', async () => {
    await serve({ host: '0.0.0.0', apiKeys: ['first-key'] });
    const asked = { host: 'any.example', 'x-api-key': 'first-key' };
    expect((await ask(asked)).status).toBe(200);
    await server.close();
    await serve({ host: '0.0.0.0', apiKeys: ['first-key'], allowedHosts: ['portico.lan'] });
    expect((await ask(asked)).status).toBe(403);
  });
});

describe('the Host header', () => {
  /** Sends a request as it is written. */
  async function send(...hosts: readonly string[]): Promise<string> {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const lines = ['GET /health HTTP/1.1', ...hosts, 'Connection: close', '', ''];
    socket.end(lines.join('\r\n'));
    return text(socket);
  }

  it.each([
    ['twice', ['Host: localhost', 'Host: localhost']],
    ['twice, in another case', ['Host: localhost', 'hOST: evil.example']],
    ['never', []],
    ['with blanks in it', ['Host: local host']],
    ['with a path in it', ['Host: localhost/health']],
  ])('that comes %s is a 400', async (_how, hosts) => {
    await serve({ apiKeys: ['first-key'], host: '0.0.0.0' });
    expect(await send(...hosts)).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('that comes once is answered', async () => {
    await serve();
    expect(await send('Host: localhost')).toMatch(/^HTTP\/1\.1 200 /);
  });
});

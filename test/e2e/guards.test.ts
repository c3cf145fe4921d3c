import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, post, request } from '../support/messages-api.ts';
import { rawRequest } from '../support/raw-request.ts';
import { runPortico, startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';
import { covers } from '../support/covers.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

describe('on loopback, without keys', () => {
  covers('R2.11-host', 'R2.12-request-id', 'R2.11-origin', 'R2.11-any-key', 'R2.0-loopback');

  let server: RunningServer;
  let port: string;
  beforeAll(async () => {
    server = await sharedServer();
    ({ port } = new URL(server.url));
  });

  it.each(['127.0.0.1', 'localhost', '[::1]', '127.0.0.1:PORT', 'LocalHost:PORT', '[::1]:PORT'])(
    'Host: %s is ours',
    async (host) => {
      const answer = await rawRequest(`${server.url}/v1/models`, {
        host: host.replace('PORT', port),
      });
      expect(answer.status).toBe(200);
    },
  );

  it.each(['evil.example', 'evil.example:PORT', 'localhost.evil.example', '127.0.0.1.evil:PORT'])(
    'Host: %s is a 403',
    async (host) => {
      const headers = { ...JSON_TYPE, host: host.replace('PORT', port) };
      const body = JSON.stringify(request('Hello'));
      const answer = await rawRequest(`${server.url}/v1/messages`, headers, body);
      expect(answer.status).toBe(403);
      expect(JSON.parse(answer.body)).toMatchObject({
        type: 'error',
        error: { type: 'permission_error' },
        request_id: answer.headers['request-id'],
      });
    },
  );

  it.each([
    ['http://evil.example', 403],
    ['https://localhost.evil.example', 403],
    ['null', 403],
    ['http://localhost:3000', 200],
    ['http://127.0.0.1:PORT', 200],
  ])('Origin: %s is a %d', async (origin, status) => {
    const answer = await rawRequest(`${server.url}/v1/models`, {
      origin: origin.replace('PORT', port),
    });
    expect(answer.status).toBe(status);
  });

  it.each([{}, { 'x-api-key': 'anything' }, { authorization: 'Bearer anything' }])(
    '%o is let in',
    async (headers) => {
      const response = await post(`${server.url}/v1/messages`, request('Hello'), headers);
      expect(response.status).toBe(200);
    },
  );

  it('listens on ::1 too, where the machine has it', async () => {
    const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
      addresses?.some(({ address }) => address === '::1'),
    );
    const answer = await fetch(`http://[::1]:${port}/health`).then(
      ({ status }) => status,
      () => 'refused',
    );
    expect(answer).toBe(hasIpv6 ? 200 : 'refused');
  });
});

describe.each([
  ['--api-key', { args: ['--api-key', 'first-key'] }],
  ['PORTICO_API_KEYS', { environment: { PORTICO_API_KEYS: 'other-key,first-key' } }],
])('with keys by %s', (_how, options) => {
  covers('R2.11-key', 'R2.12-table');

  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer(options);
  });
  afterAll(() => server.stop());

  it.each([
    ['x-api-key', { 'x-api-key': 'first-key' }],
    ['Bearer', { authorization: 'Bearer first-key' }],
    ['x-api-key over a wrong Bearer', { 'x-api-key': 'first-key', authorization: 'Bearer x' }],
  ])('lets in %s', async (_case, headers) => {
    const response = await fetch(`${server.url}/v1/models`, { headers });
    expect(response.status).toBe(200);
  });

  it.each([
    ['no key', {}, 'x-api-key header is required'],
    ['a wrong key', { 'x-api-key': 'first-kez' }, 'invalid x-api-key'],
    ['a longer key', { 'x-api-key': 'first-key-and-more' }, 'invalid x-api-key'],
    ['a wrong Bearer', { authorization: 'Bearer wrong' }, 'invalid'],
    ['a right Bearer under a wrong key', { 'x-api-key': 'x', authorization: 'Bearer first-key' }],
  ])('refuses %s', async (_case, headers, words = 'invalid x-api-key') => {
    const response = await post(`${server.url}/v1/messages`, request('Hello'), {
      ...(headers as Record<string, string>),
    });
    expect(response.status).toBe(401);
    const { error } = await errorOf(response);
    expect(error.type).toBe('authentication_error');
    expect(error.message).toContain(words);
  });

  it('keeps its keys out of its log', () => {
    expect(server.stdout() + server.stderr()).not.toContain('first-key');
  });
});

describe('a bind other than loopback', () => {
  covers('R2.11-bind');

  it.each(['0.0.0.0', '::'])('to %s without a key is refused', async (host) => {
    const { code, stderr } = await runPortico(['serve', '--port', '0', '--host', host]);
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/--api-key.*--insecure|--insecure.*--api-key/);
  });

  it.each([
    ['--api-key', ['--api-key', 'first-key'], 401],
    ['--insecure', ['--insecure'], 403],
    ['--insecure and --allowed-host', ['--insecure', '--allowed-host', 'my-machine.example'], 200],
  ])('with %s is open, and checks Host if there is no key', async (_how, args, status) => {
    const server = await startServer({ args: ['--host', '0.0.0.0', ...args] });
    try {
      const headers = { host: 'my-machine.example' };
      expect((await rawRequest(`${server.url}/v1/models`, headers)).status).toBe(status);
    } finally {
      expect(await server.stop()).toBe(0);
    }
  });
});

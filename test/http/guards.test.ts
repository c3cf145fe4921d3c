import express from 'express';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFailureHandler } from '../../src/http/failures.ts';
import { createKeyGuard } from '../../src/http/guards.ts';
import { canonicalUrl } from '../../src/http/paths.ts';
import { createWireChoice } from '../../src/http/wire-routes.ts';
import { createWires } from '../../src/wires/index.ts';
import { covers } from '../support/covers.ts';

describe('the key guard', () => {
  covers('R2.11-key');

  const app = express()
    .use(createWireChoice(createWires({ thinkingKey: new Uint8Array(32) })))
    .use(createKeyGuard(['first-key', 'the-second-key']))
    .get('/', (_request, response) => void response.send('in'))
    .use(createFailureHandler(pino({ level: 'silent' })));
  const server = createServer(app);
  let url = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  it.each([
    ['a key', { 'x-api-key': 'first-key' }, 200],
    ['another key', { 'x-api-key': 'the-second-key' }, 200],
    ['a bearer token', { authorization: 'Bearer first-key' }, 200],
    ['a bearer token, however it is written', { authorization: 'bearer first-key' }, 200],
    ['a key beside a wrong token', { 'x-api-key': 'first-key', authorization: 'Bearer x' }, 200],
    [
      'a wrong key beside a right token',
      { 'x-api-key': 'x', authorization: 'Bearer first-key' },
      401,
    ],
    ['no key', {}, 401],
    ['an empty key', { 'x-api-key': '' }, 401],
    // Keys are compared by their digests, so a common beginning or another length changes nothing.
    ['the beginning of a key', { 'x-api-key': 'first-ke' }, 401],
    ['more than a key', { 'x-api-key': 'first-key2' }, 401],
    ['a key but for its last letter', { 'x-api-key': 'first-kex' }, 401],
    ['basic authentication', { authorization: 'Basic first-key' }, 401],
  ])('with %s', async (_title, headers, status) => {
    expect((await fetch(url, { headers })).status).toBe(status);
  });
});

describe('paths', () => {
  covers('R2.3-anthropic', 'R2.3-doubled');

  it.each([
    ['/v1/messages', '/v1/messages'],
    ['/anthropic/v1/messages', '/v1/messages'],
    ['/anthropic', '/'],
    ['/anthropic?a=b', '/?a=b'],
    ['/v1/v1/messages?beta=true', '/v1/messages?beta=true'],
    ['/anthropic/v1/v1/models', '/v1/models'],
    ['/v1/models/v1', '/v1/models/v1'],
    ['/anthropical/v1', '/anthropical/v1'],
    ['/v10/v1/messages', '/v10/v1/messages'],
  ])('%s is %s', (url, path) => {
    expect(canonicalUrl(url, ['anthropic'])).toBe(path);
  });
});

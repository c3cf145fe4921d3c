import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { covers } from '../support/covers.ts';

let server: ScriptedServer;
beforeEach(async () => {
  server = await serveScript({
    async *script({ conversation }) {
      const [part] = conversation.turns[0]?.parts ?? [];
      yield { type: 'text-delta', text: part?.kind === 'text' ? part.text : '' };
      yield {
        type: 'finish',
        reason: 'end-turn',
        stopSequence: null,
        usage: {
          promptTokens: 1,
          cacheReadTokens: 0,
          cacheCreationTokens: 0,
          outputTokens: 1,
          thinkingTokens: 0,
        },
      };
    },
  });
});
afterEach(() => server.close());

const TEXT = JSON.stringify({
  model: 'actor',
  max_tokens: 10,
  messages: [{ role: 'user', content: 'Grüße 👋' }],
});

function post(body: string | Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>>) {
  return fetch(`${server.url}/v1/messages`, { method: 'POST', headers, body });
}

describe('the body of a request', () => {
  covers('R4.8-body');

  it.each([
    ['as it is', TEXT, {}],
    ['as curl calls it', TEXT, { 'content-type': 'application/x-www-form-urlencoded' }],
    ['after a byte order mark', `\uFEFF${TEXT}`, {}],
    ['by gzip', gzipSync(TEXT), { 'content-encoding': 'gzip' }],
    ['by gzip, in capitals', gzipSync(TEXT), { 'content-encoding': 'GZIP' }],
    ['by deflate', deflateSync(TEXT), { 'content-encoding': 'deflate' }],
    ['by brotli', brotliCompressSync(TEXT), { 'content-encoding': 'br' }],
    ['by nothing', TEXT, { 'content-encoding': 'identity' }],
  ])('is read %s', async (_how, body, headers) => {
    const response = await post(typeof body === 'string' ? body : new Uint8Array(body), headers);
    expect(await response.json()).toMatchObject({ content: [{ text: 'Grüße 👋' }] });
  });

  it.each([
    ['an unknown encoding', TEXT, { 'content-encoding': 'zip' }, 400, "'zip'"],
    ['one that it does not have', TEXT, { 'content-encoding': 'gzip' }, 400, "can't be read"],
    ['none at all', '', {}, 400, 'not valid JSON'],
    [
      'a bomb',
      gzipSync('a'.repeat(33 * 1024 * 1024)),
      { 'content-encoding': 'gzip' },
      413,
      '32 MB',
    ],
  ])('is refused with %s', async (_what, body, headers, status, words) => {
    const response = await post(typeof body === 'string' ? body : new Uint8Array(body), headers);
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(words);
  });
});

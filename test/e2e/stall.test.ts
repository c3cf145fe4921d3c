import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';

/** Many times what a body takes, and a fraction of what it took before: the CPUs are shared with other tests. */
const MOST_MS = 1500;

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const HEAD = '{"model":"mini","max_tokens":1,';
const CONTENT = `${HEAD}"messages":[{"role":"user","content":[`;

/** A head, and as many pieces as make up so many megabytes. */
function filled(megabytes: number, head: string, piece: string, tail = ''): Buffer {
  const count = Math.floor((megabytes * 1e6) / piece.length);
  return Buffer.from(head + piece.repeat(count) + tail);
}

function keys(count: number): string {
  return Array.from({ length: count }, (_, index) => `"k${index}":1`).join();
}

/** The longest that /health took to answer while the work went on. */
async function longestWait(work: Promise<unknown>): Promise<number> {
  const done = work.then(() => true);
  let longest = 0;
  for (;;) {
    const began = performance.now();
    await (await fetch(`${server.url}/health`)).text();
    longest = Math.max(longest, performance.now() - began);
    if (await Promise.race([done, wait(20, false)])) return longest;
  }
}

describe('[R12.1-stall] the server answers others', () => {
  it.each<[string, Buffer, number]>([
    ['8 MB of spaces', filled(8, '', ' '), 400],
    ['4 MB of unknown keys', Buffer.from(`{${keys(300_000)}}`), 400],
    ['8 MB of wrong blocks', filled(8, CONTENT, '{"type":"bad"},', '0]}]}'), 400],
    ['31 MB of brackets', filled(31, '', '['), 400],
    ['a million text blocks', filled(27, CONTENT, '{"type":"text","text":"a"},', '0]}]}'), 400],
    [
      'half a million stop sequences',
      filled(4, `${HEAD}"stop_sequences":[`, '"aaaaa",', '1]}'),
      400,
    ],
    ['a megabyte that is no UTF-8', Buffer.alloc(1e6, 0xff), 400],
    ['8 MB of escaped quotes', filled(8, `${HEAD}"model":"`, '\\"', '"}'), 400],
  ])('beside %s', async (_what, body, status) => {
    const answer = fetch(`${server.url}/v1/messages`, { method: 'POST', body });
    expect(await longestWait(answer)).toBeLessThan(MOST_MS);
    expect((await answer).status).toBe(status);
  });
});

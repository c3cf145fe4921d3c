import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messageOf, request } from '../support/messages-api.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { covers } from '../support/covers.ts';

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

describe('the server answers others', () => {
  covers('R12.1-stall');

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

describe('a request that is too large for one message to its engine', () => {
  covers('R12.1-writer');

  // Tools that may not be called take no part of the context.
  const tool = { name: 'look', description: 'x'.repeat(200_000), input_schema: { type: 'object' } };
  const post = (signal?: AbortSignal) =>
    fetch(`${server.url}/v1/messages`, {
      method: 'POST',
      body: JSON.stringify({
        ...request('Count from 1 to 3'),
        tools: [tool],
        tool_choice: { type: 'none' },
      }),
      ...(signal && { signal }),
    });

  it('is answered', async () => {
    expect(await messageOf(await post())).toMatchObject({ stop_reason: 'end_turn' });
  });

  it('is answered after others that were given up', async () => {
    const leaving = new AbortController();
    const left = Array.from({ length: 5 }, () => post(leaving.signal).catch(() => undefined));
    setTimeout(() => leaving.abort(), 30);
    await Promise.all(left);
    expect((await post()).status).toBe(200);
  });
});

describe.skipIf(process.platform !== 'linux')('a dozen bodies of 31 MB', () => {
  covers('R12.1-memory');

  async function residentMb(): Promise<number> {
    const [, pages] = (await readFile(`/proc/${server.process.pid}/statm`, 'utf8')).split(' ');
    return (Number(pages) * 4096) / 2 ** 20;
  }

  it('take no more memory than one', async () => {
    const body = filled(31, `${HEAD}"messages":[{"role":"`, 'r', '"}]}');
    const after: number[] = [];
    for (let round = 0; round < 12; round += 1) {
      await fetch(`${server.url}/v1/messages`, { method: 'POST', body });
      after.push(await residentMb());
    }
    expect(Math.max(...after)).toBeLessThan(400);
  });
});

import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { ask } from '../support/asking.ts';
import { allEventsOf } from '../support/event-stream.ts';
import { startServer } from '../support/server.ts';

const REQUESTS = 200;
const AT_ONCE = 16;
const EXPECTED = '1, 2, 3';

const ANSWER = z.object({ content: z.array(z.object({ text: z.string() })) });

/** Bytes of main memory that a process has; undefined where the system does not say. */
async function residentBytes(pid: number | undefined): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

it('[R6.7-load] 200 requests, 16 at a time, are all answered, and the server does not grow', async () => {
  const server = await startServer({ args: ['--log-level', 'warn'] });
  const memory: number[] = [];
  const answers: string[] = [];
  let next = 0;
  const work = async () => {
    while (next < REQUESTS) {
      const number = next++;
      const stream = number % 2 === 0;
      const messages = [{ role: 'user', content: 'Count from 1 to 3' }];
      const response = await ask(server.url, { messages, max_tokens: 30, stream }, '');
      expect(response.status).toBe(200);
      answers.push(stream ? await streamed(response) : await whole(response));
      if (number % 20 === 19) memory.push((await residentBytes(server.process.pid)) ?? 0);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  expect(answers).toEqual(Array.from({ length: REQUESTS }, () => EXPECTED));
  // What the first requests took is loaded code; later ones leave nothing behind.
  const [, early = 0] = memory;
  expect(memory.at(-1)).toBeLessThan(early + 60e6);
  expect(server.stderr()).toBe('');
  await server.stop();
}, 300_000);

async function whole(response: Response): Promise<string> {
  return ANSWER.parse(await response.json())
    .content.map(({ text }) => text)
    .join('');
}

async function streamed(response: Response): Promise<string> {
  const events = await allEventsOf(response);
  return events.map(({ data }) => data.delta?.text ?? '').join('');
}

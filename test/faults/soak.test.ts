import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allEventsOf, eventsOf, streamedText } from '../support/event-stream.ts';
import { endless, messageOf, post, request, textOf } from '../support/messages-api.ts';
import { childrenOf } from '../support/processes.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { IS_LONG, reportRows } from './report.ts';
import { covers } from '../support/covers.ts';

const AT_ONCE = 16;
const LEAST_REQUESTS = 200;
const SECONDS = IS_LONG ? 120 : 5;
const SAMPLE_MS = IS_LONG ? 1000 : 250;
const EXPECTED = '1, 2, 3';

/** State of a process and its children at a moment. */
interface Sample {
  /** Main memory, in bytes. */
  readonly memory: number;
  readonly descriptors: number;
  readonly children: readonly number[];
}

async function sampleOf(pid: number): Promise<Sample> {
  const [status, files, children] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    readdir(`/proc/${pid}/fd`),
    childrenOf(pid),
  ]);
  const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1];
  return { memory: Number(kilobytes) * 1024, descriptors: files.length, children };
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0;

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

const record = reportRows('Soak');

describe.runIf(process.platform === 'linux')('a server that is busy for long', () => {
  covers('R6.7-load');

  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer({ args: ['--log-level', 'warn'] });
  });
  afterAll(() => server.stop());

  /** One of four ways to use it: whole, streamed, refused, or left in mid-answer. */
  async function use(number: number): Promise<void> {
    const url = `${server.url}/v1/messages`;
    const question = 'Count from 1 to 3';
    switch (number % 4) {
      case 0:
        expect(textOf(await messageOf(await post(url, request(question))))).toBe(EXPECTED);
        return;
      case 1: {
        const events = await allEventsOf(await post(url, request(question, { stream: true })));
        expect(streamedText(events)).toBe(EXPECTED);
        return;
      }
      case 2:
        expect((await post(url, request(question, { max_tokens: -1 }))).status).toBe(400);
        return;
      default: {
        const leave = new AbortController();
        const left = await post(url, endless({ stream: true }), {}, leave.signal);
        for await (const { event } of eventsOf(left)) if (event === 'content_block_delta') break;
        leave.abort();
      }
    }
  }

  it(
    `answers all requests, ${AT_ONCE} at a time, and does not grow`,
    async () => {
      const pid = server.process.pid ?? 0;
      await use(0);
      const [engine = 0] = await childrenOf(pid);
      const samples: (readonly [Sample, Sample])[] = [];
      const end = performance.now() + SECONDS * 1000;
      let done = 0;
      const goesOn = (): boolean => performance.now() < end || done < LEAST_REQUESTS;
      const work = async (): Promise<void> => {
        while (goesOn()) await use(done++);
      };
      const watch = async (): Promise<void> => {
        while (goesOn()) {
          samples.push([await sampleOf(pid), await sampleOf(engine)]);
          await delay(SAMPLE_MS);
        }
      };
      await Promise.all([...Array.from({ length: AT_ONCE }, work), watch()]);
      // What the first requests took is loaded code.
      const quarter = Math.ceil(samples.length / 4);
      const [early, late] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)];
      const growth = ([0, 1] as const).map(
        (at) =>
          median(late.map((pair) => pair[at].memory)) -
          median(early.map((pair) => pair[at].memory)),
      );
      const descriptors = [early, late].map((part) =>
        median(part.map(([{ descriptors: open }]) => open)),
      );
      const children = new Set(samples.flatMap(([{ children: pids }]) => pids));
      record(
        `${done} requests in ${SECONDS} s, ${AT_ONCE} at a time, ${samples.length} samples`,
        `memory of server and engine ${growth.map((bytes) => `${bytes < 0 ? '' : '+'}${megabytes(bytes)}`).join(', ')}; descriptors ${descriptors.join(' → ')}; ${children.size} child`,
      );
      for (const bytes of growth) expect(bytes).toBeLessThan(60e6);
      expect(descriptors[1]).toBeLessThan((descriptors[0] ?? 0) + 10);
      expect([...children]).toEqual([engine]);
      expect(server.stderr()).toBe('');
      expect(await server.stop()).toBe(0);
      await expect(sampleOf(engine)).rejects.toThrow('ENOENT');
    },
    IS_LONG ? 900_000 : 240_000,
  );
});

import { request as open } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { messageOf, post, request } from '../support/messages-api.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { fuzzCase } from './fuzz-cases.ts';
import type { FuzzCase } from './fuzz-cases.ts';
import { IS_LONG, reportRows } from './report.ts';

const SEED = Number(process.env['PORTICO_FAULTS_SEED'] ?? 12);
const CASES = IS_LONG ? 20_000 : 800;
const AT_ONCE = 8;
const ENOUGH_MS = 60_000;

const ENVELOPE = z.object({
  type: z.literal('error'),
  error: z.object({ type: z.string(), message: z.string().min(1) }),
  request_id: z.string(),
});

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function send(url: string, { method, path, headers, body }: FuzzCase): Promise<Answer> {
  const sent = open(`${url}${path}`, {
    method,
    // Else node sends the body of a DELETE as if it were the next request.
    headers: { ...(body !== undefined && { 'content-length': body.length }), ...headers },
    signal: AbortSignal.timeout(ENOUGH_MS),
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: (await buffer(response)).toString() };
}

/** Fault of an answer; undefined if there is none. */
function faultOf({ method }: FuzzCase, { status, body }: Answer): string | undefined {
  if (status >= 500) return `${status}: ${body}`;
  if (status < 400 || method === 'HEAD') return undefined;
  return ENVELOPE.safeParse(parsed(body)).success
    ? undefined
    : `${status} without the envelope: ${body}`;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const record = reportRows('Requests');

it(
  `answers ${CASES} odd requests of seed ${SEED} without a 5xx`,
  async () => {
    const faults: string[] = [];
    const statuses = new Map<number, number>();
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < CASES) {
        const number = next++;
        const fuzz = fuzzCase(SEED, number);
        const answer = await send(server.url, fuzz).catch((error: unknown) => ({
          status: 599,
          body: String(error),
        }));
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        const fault = faultOf(fuzz, answer);
        if (fault !== undefined) faults.push(`case ${number}: ${fault.slice(0, 300)}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const counts = Array.from(statuses)
      .toSorted(([one], [other]) => one - other)
      .map(([status, count]) => `${count} × ${status}`);
    const failed = [...statuses].filter(([status]) => status >= 500);
    const total = failed.reduce((sum, [, count]) => sum + count, 0);
    record(
      `${CASES.toLocaleString('en')} odd requests, seed ${SEED}`,
      `${total} of ${CASES.toLocaleString('en')} answered 5xx (${counts.join(', ')})`,
    );
    expect(faults).toEqual([]);
    expect(server.stderr()).not.toContain('failed unexpectedly');
    await messageOf(await post(`${server.url}/v1/messages`, request('Hello')));
  },
  IS_LONG ? 3_600_000 : 120_000,
);

import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { request } from 'undici';
import { z } from 'zod';
import { isRunning } from '../core/running.ts';
import { readJsonAnswer } from '../net/read-text.ts';
import type { Address } from './client.ts';

/** Lease on a temporary server, which runs as long as it has one. */
export interface Lease {
  /**
   * Ends the lease; if the server stops with it, waits until its process has ended.
   *
   * @param slow called once if that takes seconds, because the server writes evaluated prompts to files
   */
  end(slow: () => void): Promise<void>;
}

/** Longer than the 11 s that a stopping server leaves to running requests, and the 61 s that it leaves to its engines. */
const STOP_TIMEOUT_MS = 80_000;
/** Time after which a user may wonder. */
const SLOW_MS = 2000;

const POLL_MS = 20;

const ended = z.object({ stops: z.boolean(), pid: z.int().positive() });

/**
 * Takes a lease on a server. The lease is an open connection, so it ends with this process even after a
 * crash. An older server has no leases and needs none.
 *
 * @returns undefined if the server has stopped, or is about to
 */
export async function takeLease(address: Address): Promise<Lease | undefined> {
  const target = {
    url: `${address.url}/portico/leases/${randomUUID()}`,
    headers: address.key === undefined ? {} : { 'x-api-key': address.key },
  };
  const { url, headers } = target;
  const held = await request(url, { method: 'POST', headers, bodyTimeout: 0, reset: true }).catch(
    () => undefined,
  );
  if (held === undefined || held.statusCode === 529) return undefined;
  held.body.on('error', () => undefined).resume();
  return {
    end: async (slow) => {
      const reply = await request(url, { method: 'DELETE', headers, reset: true }).catch(
        () => undefined,
      );
      const { data } = ended.safeParse(reply && (await readJsonAnswer(reply.body)));
      held.body.destroy();
      if (data?.stops === true) await untilGone(data.pid, slow);
    },
  };
}

async function untilGone(pid: number, slow: () => void): Promise<void> {
  const end = performance.now() + STOP_TIMEOUT_MS;
  const reminder = setTimeout(slow, SLOW_MS);
  while (performance.now() < end && isRunning(pid)) await wait(POLL_MS);
  clearTimeout(reminder);
}

import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { request } from 'undici';
import { z } from 'zod';
import { readJsonAnswer } from '../net/read-text.ts';
import { findOccupant } from './client.ts';
import type { Address } from './client.ts';

/** Lease on a temporary server, which runs as long as it has one. */
export interface Lease {
  /** Ends the lease; if the server stops with it, waits until it has stopped. */
  end(): Promise<void>;
}

/** Longer than the time that a server leaves running requests when it stops. */
const STOP_TIMEOUT_MS = 15_000;

const POLL_MS = 20;

const ended = z.object({ stops: z.boolean() });

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
    end: async () => {
      const reply = await request(url, { method: 'DELETE', headers, reset: true }).catch(
        () => undefined,
      );
      const { data } = ended.safeParse(reply && (await readJsonAnswer(reply.body)));
      held.body.destroy();
      if (data?.stops === true) await untilGone(address);
    },
  };
}

async function untilGone(address: Address): Promise<void> {
  const end = performance.now() + STOP_TIMEOUT_MS;
  while (performance.now() < end && (await findOccupant(address)).kind !== 'nobody') {
    await wait(POLL_MS);
  }
}

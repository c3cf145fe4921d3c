import { setTimeout as delay } from 'node:timers/promises';

/**
 * What `work` gives if it ends within `milliseconds`, undefined if it takes longer: it goes on, and
 * a later failure of it is the caller's to await. Throws what it throws within the time.
 */
export async function within<T>(work: Promise<T>, milliseconds: number): Promise<T | undefined> {
  work.catch(() => undefined);
  const timer = new AbortController();
  const late = delay(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}

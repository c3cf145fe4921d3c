import { setTimeout as wait } from 'node:timers/promises';
import { median, rounded } from '../statistics.ts';
import type { Rig } from './rig.ts';

export interface AbortPlan {
  readonly rounds: number;
  /** Words of the prompt. Its prefill must take longer than `PREFILLING_MS`. */
  readonly words: number;
}

const PREFILLING_MS = 700;
const POLL_MS = 2;

/** Measures the time from the client's disconnect during a prefill until the slot is free. */
export async function measureAbort(rig: Rig, { rounds, words }: AbortPlan) {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) times.push(await abortOnce(rig, words, round));
  return { abortMs: rounded(median(times)), abortsMs: times.map(rounded) };
}

async function abortOnce({ portico, prose }: Rig, words: number, round: number): Promise<number> {
  const controller = new AbortController();
  const messages = [{ role: 'user', content: prose(words, 6000 + round) }] as const;
  const asked = portico.ask({ messages, generate: 1 }, { signal: controller.signal });
  const outcome = asked.then(
    () => 'answered',
    () => 'left',
  );
  while ((await portico.busySlots()) === 0) await wait(POLL_MS);
  // Vary the wait, so that the client leaves at different places in a step.
  await wait(PREFILLING_MS + round * 17);
  const began = performance.now();
  controller.abort();
  while ((await portico.busySlots()) > 0) await wait(POLL_MS);
  const milliseconds = performance.now() - began;
  if ((await outcome) === 'answered')
    throw new Error('The prompt was too short: its prefill ended before the abort.');
  return milliseconds;
}

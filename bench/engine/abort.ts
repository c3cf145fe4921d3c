import { setTimeout as wait } from 'node:timers/promises';
import { median, rounded } from '../statistics.ts';
import type { Rig } from './rig.ts';

export interface AbortPlan {
  readonly rounds: number;
  /** Of the prompt: it must prefill for longer than `PREFILLING_MS`. */
  readonly words: number;
}

const PREFILLING_MS = 700;
const POLL_MS = 2;

/** From a client's leaving, while its prompt prefills, until the slot is free. */
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
  // Steps of different lengths: the client leaves at another place in one each time.
  await wait(PREFILLING_MS + round * 17);
  const began = performance.now();
  controller.abort();
  while ((await portico.busySlots()) > 0) await wait(POLL_MS);
  const milliseconds = performance.now() - began;
  if ((await outcome) === 'answered') throw new Error('The prompt was too short to leave it.');
  return milliseconds;
}

import type { Pool } from 'undici';
import { rotated } from '../statistics.ts';

/** What is asked: the stub itself, or a server in front of it. */
export interface Target {
  readonly name: 'direct' | 'skeleton' | 'portico';
  readonly path: string;
  readonly pool: Pool;
}

/** One figure for each target. */
export type PerTarget<Value> = Readonly<Record<Target['name'], Value>>;

/** Milliseconds from sending a request until the first byte of its answer's body, and the last. */
interface Timing {
  readonly first: number;
  readonly last: number;
}

/** Sends one request. Throws where the answer is no success. */
async function time({ pool, path, name }: Target, body: string): Promise<Timing> {
  const began = performance.now();
  const answer = await pool.request({
    path,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  let first: number | undefined;
  for await (const _ of answer.body) first ??= performance.now() - began;
  if (answer.statusCode !== 200 || first === undefined) {
    throw new Error(`${name} answered ${answer.statusCode}.`);
  }
  return { first, last: performance.now() - began };
}

/** Sends requests one after the other, to each target in turn: noise hits all of them alike. */
export async function sequential(
  targets: readonly Target[],
  body: string,
  count: number,
): Promise<PerTarget<readonly Timing[]>> {
  const timings: PerTarget<Timing[]> = { direct: [], skeleton: [], portico: [] };
  for (let round = 0; round < count; round += 1) {
    for (const target of rotated(targets, round)) {
      timings[target.name].push(await time(target, body));
    }
  }
  return timings;
}

/** Requests a second that each target answers at a number of open requests, once a round. */
export async function concurrent(
  targets: readonly Target[],
  body: string,
  {
    rounds,
    count,
    open,
  }: { readonly rounds: number; readonly count: number; readonly open: number },
): Promise<PerTarget<readonly number[]>> {
  const rates: PerTarget<number[]> = { direct: [], skeleton: [], portico: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const target of rotated(targets, round)) {
      rates[target.name].push(await rate(target, body, count, open));
    }
  }
  return rates;
}

async function rate(target: Target, body: string, count: number, open: number): Promise<number> {
  let left = count;
  const send = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await time(target, body);
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: open }, send));
  return count / ((performance.now() - began) / 1000);
}

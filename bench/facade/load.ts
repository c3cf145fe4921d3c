import type { Pool } from 'undici';
import { rotated } from '../statistics.ts';

/** Target of requests: the stub itself, or a server in front of it. */
export interface Target {
  readonly name: 'direct' | 'skeleton' | 'portico';
  readonly path: string;
  readonly pool: Pool;
}

/** One value per target. */
export type PerTarget<Value> = Readonly<Record<Target['name'], Value>>;

/** Milliseconds from sending a request to the first and to the last byte of the answer's body. */
interface Timing {
  readonly first: number;
  readonly last: number;
}

/** Sends one request. Throws if the answer is not a success. */
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

/** Sends requests one by one, to the targets in turn, so that noise affects all of them equally. */
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

/** Measures the requests per second of each target at a number of open requests, once per round. */
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

import type { Pool } from 'undici';
import { cpuMs } from '../peers/processes.ts';
import { rotated } from '../statistics.ts';

/** Target of requests: the stub itself, or a server in front of it. */
export interface Target {
  readonly name: 'direct' | 'skeleton' | 'portico';
  readonly path: string;
  readonly pool: Pool;
  readonly pid: number;
}

/** Round of concurrent requests. */
export interface Round {
  /** Requests per second. */
  readonly rate: number;
  /** CPU time of the target for a request in milliseconds; 0 if the system does not report it. */
  readonly cpuMs: number;
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

/** Measures each target at a number of open requests, once per round. */
export async function concurrent(
  targets: readonly Target[],
  body: string,
  {
    rounds,
    count,
    open,
  }: { readonly rounds: number; readonly count: number; readonly open: number },
): Promise<PerTarget<readonly Round[]>> {
  const measured: PerTarget<Round[]> = { direct: [], skeleton: [], portico: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const target of rotated(targets, round)) {
      measured[target.name].push(await measureRound(target, body, count, open));
    }
  }
  return measured;
}

async function measureRound(
  target: Target,
  body: string,
  count: number,
  open: number,
): Promise<Round> {
  let left = count;
  const send = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await time(target, body);
    }
  };
  const cpuBefore = await cpuMs(target.pid);
  const began = performance.now();
  await Promise.all(Array.from({ length: open }, send));
  const rate = count / ((performance.now() - began) / 1000);
  return { rate, cpuMs: ((await cpuMs(target.pid)) - cpuBefore) / count };
}

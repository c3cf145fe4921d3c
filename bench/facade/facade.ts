import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import type { Part, Section } from '../part.ts';
import { facadeBars } from './figures.ts';
import type { FacadeFigures, SizeFigures } from './figures.ts';
import { median, rounded } from '../statistics.ts';
import { concurrent, sequential } from './load.ts';
import type { PerTarget, Target } from './load.ts';
import { hasEngine, residentMb, startPortico } from './portico.ts';
import { startServer, timeBareNode } from '../process.ts';
import type { ServerProcess } from '../process.ts';
import { largeRequest, smallRequest } from './requests.ts';

const OPEN = 50;
const SEQUENTIAL = 200;
const CONCURRENT = { rounds: 5, count: 500, open: OPEN };
const STARTS = 7;

/** Rounds before the measurement, because node compiles code only after it has run for a while. */
const WARM_UP = { rounds: 2, count: 500, open: OPEN };

/** Time without requests after which the memory of a server counts as idle. */
const QUIET_MS = 2000;

/** Time that Portico adds to a model server that answers at once. */
export const facade: Part = { title: 'Facade: Portico in front of a stub', run };

type Make = (stream: boolean) => string;

async function run(): Promise<Section> {
  const running: ServerProcess[] = [];
  const start = async (starting: Promise<ServerProcess>): Promise<ServerProcess> => {
    const server = await starting;
    running.push(server);
    return server;
  };
  try {
    const stub = await start(startServer([script('stub')]));
    const skeleton = await start(startServer([script('skeleton'), stub.url]));
    const starting = await measureStarts(stub.url);
    const portico = await start(startPortico(stub.url));
    const targets: readonly Target[] = [
      { name: 'direct', path: '/v1/chat/completions', pool: poolOf(stub), pid: stub.pid },
      { name: 'skeleton', path: '/v1/messages', pool: poolOf(skeleton), pid: skeleton.pid },
      { name: 'portico', path: '/v1/messages', pool: poolOf(portico), pid: portico.pid },
    ];
    const idle = await measureIdle(portico, targets);
    const large = await measureSize(targets, largeRequest);
    const small = await measureSize(targets, smallRequest);
    const loadedRssMb = rounded(await residentMb(portico.pid));
    await Promise.all(targets.map(({ pool }) => pool.close()));
    const figures: FacadeFigures = { ...large, ...idle, ...starting, loadedRssMb, small };
    return { results: { ...figures }, bars: facadeBars(figures) };
  } finally {
    for (const server of running.toReversed()) await server.stop();
  }
}

function script(name: string): string {
  return fileURLToPath(new URL(`${name}.js`, import.meta.url));
}

function poolOf({ url }: ServerProcess): Pool {
  return new Pool(url, { connections: OPEN });
}

/** Measures starts of Portico and of node itself, alternately. */
async function measureStarts(stub: string) {
  const [ready, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round < STARTS; round += 1) {
    bare.push(await timeBareNode());
    const server = await startPortico(stub);
    ready.push(server.readyMs);
    await server.stop();
  }
  return { readyMs: rounded(median(ready)), bareNodeMs: rounded(median(bare)) };
}

/** Measures a server that is idle after one answer. */
async function measureIdle({ pid }: ServerProcess, targets: readonly Target[]) {
  await sequential(targets, smallRequest(false), 1);
  await wait(QUIET_MS);
  return {
    idleRssMb: rounded(await residentMb(pid)),
    engineLoaded: (await hasEngine(pid)) ?? null,
  };
}

async function measureSize(targets: readonly Target[], make: Make): Promise<SizeFigures> {
  const [whole, streamed] = [make(false), make(true)];
  await concurrent(targets, whole, WARM_UP);
  await concurrent(targets, streamed, WARM_UP);
  const answers = await sequential(targets, whole, SEQUENTIAL);
  const streams = await sequential(targets, streamed, SEQUENTIAL);
  const rounds = await concurrent(targets, whole, CONCURRENT);
  const p50 = medians(answers, ({ last }) => last);
  const first = medians(streams, (timing) => timing.first);
  const rps = medians(rounds, ({ rate }) => rate);
  const cpu = medians(rounds, ({ cpuMs }) => cpuMs);
  return {
    requestBytes: Buffer.byteLength(whole),
    addedP50Ms: rounded(p50.portico - p50.direct),
    skeletonAddedP50Ms: rounded(p50.skeleton - p50.direct),
    p50Ms: rounded(p50.portico),
    addedFirstEventMs: rounded(first.portico - first.direct),
    skeletonAddedFirstEventMs: rounded(first.skeleton - first.direct),
    rpsAt50: rounded(rps.portico),
    directRpsAt50: rounded(rps.direct),
    skeletonRpsAt50: rounded(rps.skeleton),
    cpuMsAt50: rounded(cpu.portico),
    skeletonCpuMsAt50: rounded(cpu.skeleton),
  };
}

function medians<Value>(
  measured: PerTarget<readonly Value[]>,
  pick: (value: Value) => number,
): PerTarget<number> {
  const { direct, skeleton, portico } = measured;
  return {
    direct: median(direct.map(pick)),
    skeleton: median(skeleton.map(pick)),
    portico: median(portico.map(pick)),
  };
}

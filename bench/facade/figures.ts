import type { Bar } from '../bars.ts';

/** Figures for requests of one size. Times are in milliseconds, rates in requests per second. */
export interface SizeFigures {
  readonly requestBytes: number;
  readonly addedP50Ms: number;
  readonly skeletonAddedP50Ms: number;
  readonly p50Ms: number;
  readonly addedFirstEventMs: number;
  readonly skeletonAddedFirstEventMs: number;
  readonly rpsAt50: number;
  readonly directRpsAt50: number;
  readonly skeletonRpsAt50: number;
  /** CPU time of a request, 50 at a time; 0 if the system does not report it. */
  readonly cpuMsAt50: number;
  readonly skeletonCpuMsAt50: number;
}

/** Figures of the facade: for large requests, for the process, and for small requests. */
export interface FacadeFigures extends SizeFigures {
  readonly idleRssMb: number;
  readonly loadedRssMb: number;
  /** True if the native engine was loaded; null if the system does not report it. */
  readonly engineLoaded: boolean | null;
  readonly readyMs: number;
  readonly bareNodeMs: number;
  readonly small: SizeFigures;
}

const DIRECT_SHARE = 0.2;
const SKELETON_CPU = 1.5;
const IDLE_MB = 110;
const LOADED_MB = 150;
const READY_MS = 700;
/** Bound for a slow machine, as a multiple of node's own time. */
const READY_BARE_NODES = 5;

/** Figures with their bounds. */
export function facadeBars(figures: FacadeFigures): readonly Bar[] {
  const readyMost = Math.max(READY_MS, READY_BARE_NODES * figures.bareNodeMs);
  return [
    ...sizeBars('66 KB', figures),
    ...sizeBars('0.3 KB', figures.small),
    { name: 'memory, idle', value: figures.idleRssMb, unit: 'MB', bound: most(IDLE_MB) },
    {
      name: 'memory, after the load',
      value: figures.loadedRssMb,
      unit: 'MB',
      bound: most(LOADED_MB),
    },
    {
      name: 'native engines loaded',
      value: figures.engineLoaded ? 1 : 0,
      unit: '',
      bound: most(0),
    },
    { name: 'ready', value: figures.readyMs, unit: 'ms', bound: most(readyMost) },
    { name: 'bare node', value: figures.bareNodeMs, unit: 'ms' },
  ];
}

function sizeBars(size: string, figures: SizeFigures): readonly Bar[] {
  const { rpsAt50, directRpsAt50, skeletonRpsAt50, cpuMsAt50, skeletonCpuMsAt50 } = figures;
  const bar = (name: string, value: number, unit: string, bound?: Bar['bound']): Bar => ({
    name: `${size}: ${name}`,
    value,
    unit,
    ...(bound !== undefined && { bound }),
  });
  return [
    bar('added p50', figures.addedP50Ms, 'ms'),
    bar('  by a skeleton', figures.skeletonAddedP50Ms, 'ms'),
    bar('added to the first event', figures.addedFirstEventMs, 'ms'),
    bar('  by a skeleton', figures.skeletonAddedFirstEventMs, 'ms'),
    bar('requests/s at 50', rpsAt50, ''),
    bar('  of direct', rpsAt50 / directRpsAt50, '', { at: 'least', value: DIRECT_SHARE }),
    bar('  of a skeleton', rpsAt50 / skeletonRpsAt50, ''),
    ...(skeletonCpuMsAt50 > 0
      ? [bar('CPU of a skeleton', cpuMsAt50 / skeletonCpuMsAt50, '', most(SKELETON_CPU))]
      : []),
  ];
}

function most(value: number): NonNullable<Bar['bound']> {
  return { at: 'most', value };
}

import type { Bar } from '../bars.ts';

/** Figures of the engine. Times are in milliseconds, all others are ratios. */
export interface EngineFigures {
  readonly decodeRatio: number;
  readonly warmTtftRatio: number;
  readonly warmOverCold: number;
  readonly prefixReuse: number;
  readonly maxStreamGapMs: number;
  readonly abortMs: number;
  readonly parallelRatio: number;
  readonly sessionShare: number;
  /** The same ratios of a minimal server, which no server can exceed on this machine. */
  readonly leastDecodeRatio: number;
  readonly shortDecodeRatio: number;
  readonly leastShortDecodeRatio: number;
  readonly leastParallelRatio: number;
}

/** Figures with their bounds, which are for two cores without a GPU. */
export function engineBars(figures: EngineFigures): readonly Bar[] {
  return [
    least('decode, of raw', figures.decodeRatio, 0.97),
    most('warm first token, of raw', figures.warmTtftRatio, 1.25),
    most('warm first token, of cold', figures.warmOverCold, 0.03),
    least('prefix reused by turns', figures.prefixReuse, 0.95),
    most('gap of a stream beside a prefill', figures.maxStreamGapMs, 250, 'ms'),
    most('abort in a prefill', figures.abortMs, 100, 'ms'),
    least('parallel streams, of raw', figures.parallelRatio, 0.9),
    least('session in llama.cpp', figures.sessionShare, 0.9),
    compared('decode after a short prompt', figures.shortDecodeRatio),
    compared('minimal server: decode', figures.leastDecodeRatio),
    compared('after a short prompt', figures.leastShortDecodeRatio),
    compared('parallel streams', figures.leastParallelRatio),
  ];
}

/** Ratio to raw llama.cpp without a bound. */
function compared(name: string, value: number): Bar {
  return { name, value, unit: '' };
}

function least(name: string, value: number, bound: number): Bar {
  return { name, value, unit: '', bound: { at: 'least', value: bound } };
}

function most(name: string, value: number, bound: number, unit = ''): Bar {
  return { name, value, unit, bound: { at: 'most', value: bound } };
}

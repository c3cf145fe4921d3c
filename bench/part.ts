import type { Bar } from './bars.ts';

/** Result of one part of the bench. */
export interface Section {
  /** Figures for `results.json`. */
  readonly results: Readonly<Record<string, unknown>>;
  readonly bars: readonly Bar[];
}

/** Part of the bench. Throws if it can't run, but not if a bound is missed. */
export interface Part {
  readonly title: string;
  run(): Promise<Section>;
}

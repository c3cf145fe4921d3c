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
  /** Returns false if it needs a file that is not here. A run of all parts leaves it out then. */
  canRun?(): boolean;
  run(): Promise<Section>;
}

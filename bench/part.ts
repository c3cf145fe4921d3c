import type { Bar } from './bars.ts';

/** What one part of the bench has measured. */
export interface Section {
  /** Its figures as `results.json` has them. */
  readonly results: Readonly<Record<string, unknown>>;
  readonly bars: readonly Bar[];
}

/** A part of the bench. Throws where it could not run; a bar that is missed is no such case. */
export interface Part {
  readonly title: string;
  run(): Promise<Section>;
}

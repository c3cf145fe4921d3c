import type { Effort } from '../core/backend.ts';

/** Effort of thinking that a model's server accepts. */
export type EffortLevel = 'low' | 'medium' | 'high';

/** Level for each effort: most servers refuse levels above `high`. */
export const EFFORT_LEVELS = {
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
} as const satisfies Record<Effort, EffortLevel>;

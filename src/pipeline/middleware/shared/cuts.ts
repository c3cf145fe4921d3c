import type { StopReason } from '../../../core/events.ts';

const CUTS: ReadonlySet<StopReason> = new Set([
  'max-tokens',
  'context-exceeded',
  'stop-sequence',
  'refusal',
]);

/** Returns true if an answer that ended for this reason may be cut off inside a call. */
export function isCut(reason: StopReason): boolean {
  return CUTS.has(reason);
}

import { NEGLIGIBLE_TOKENS } from './slot-choice.ts';

/** Source of a slot's prefix; `index` counts slots, or saved states. */
export type PrefixSource =
  | { readonly kind: 'own' }
  | { readonly kind: 'fork'; readonly index: number }
  | { readonly kind: 'saved'; readonly index: number };

/** Cached prefixes of a prompt, in tokens. */
export interface Prefixes {
  /** Length in its own slot. */
  readonly own: number;
  /** Length in every slot, including its own. */
  readonly slots: readonly number[];
  /** Length in each state file, and the time to load it. */
  readonly saved: readonly { readonly kept: number; readonly milliseconds: number }[];
}

/**
 * Chooses the source that leaves the least to evaluate. The slot's own state costs nothing, a copy of another slot's
 * nearly nothing, and a file its time.
 *
 * @param rate rate of the prefill in tokens per millisecond; undefined before it was measured
 */
export function choosePrefix(prefixes: Prefixes, rate: number | undefined): PrefixSource {
  let best: PrefixSource = { kind: 'own' };
  let most = prefixes.own;
  for (const [index, kept] of prefixes.slots.entries()) {
    if (kept <= most + (best.kind === 'own' ? NEGLIGIBLE_TOKENS : 0)) continue;
    best = { kind: 'fork', index };
    most = kept;
  }
  for (const [index, { kept, milliseconds }] of prefixes.saved.entries()) {
    if (kept - most <= Math.max(NEGLIGIBLE_TOKENS, milliseconds * (rate ?? 0))) continue;
    best = { kind: 'saved', index };
    most = kept;
  }
  return best;
}

/** Tokens that justify a file before the rate is measured, because most of them then came from a file. */
const UNMEASURED_TOKENS = 512;

/** Cost of a state file, which is written once and, if its prompt comes back, read once. */
export interface SavingCost {
  readonly bytes: number;
  readonly bytesPerMs: number;
  readonly limitBytes: number;
}

/**
 * Returns true if saving and loading a state takes less time than evaluating it again.
 *
 * @param lost number of tokens that would be evaluated again
 * @param rate rate of the prefill in tokens per millisecond; undefined before it was measured
 */
export function isWorthSaving(lost: number, rate: number | undefined, cost: SavingCost): boolean {
  if (cost.bytes > cost.limitBytes) return false;
  if (rate === undefined) return lost >= UNMEASURED_TOKENS;
  return (2 * cost.bytes) / cost.bytesPerMs < lost / rate;
}

/** Length of the common prefix. At least one token of the prompt remains to be evaluated. */
export function sharedLength(tokens: readonly number[], prompt: readonly number[]): number {
  const most = Math.min(tokens.length, prompt.length - 1);
  for (let index = 0; index < most; index++) if (tokens[index] !== prompt[index]) return index;
  return most;
}

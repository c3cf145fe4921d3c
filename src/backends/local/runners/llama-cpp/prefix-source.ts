import { NEGLIGIBLE_TOKENS } from './slot-choice.ts';

/** Where a slot gets the beginning of a prompt from; `index` counts slots, or saved states. */
export type PrefixSource =
  | { readonly kind: 'own' }
  | { readonly kind: 'fork'; readonly index: number }
  | { readonly kind: 'saved'; readonly index: number };

/** What there is of a prompt, in tokens. */
export interface Prefixes {
  /** In the slot that it was given. */
  readonly own: number;
  /** In every slot, its own included. */
  readonly slots: readonly number[];
  /** In state files, and how long each takes to load. */
  readonly saved: readonly { readonly kept: number; readonly milliseconds: number }[];
}

/**
 * The source that leaves the least to evaluate: a slot's own state costs nothing, another slot's next to
 * nothing, a file its time.
 *
 * @param rate of prefill in tokens per millisecond; undefined before it was measured
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

/** Tokens that are worth a file before the rate of prefill was measured: most of them came from a file then. */
const UNMEASURED_TOKENS = 512;

/** What a state file costs: it is written once and, if its prompt comes back, read once. */
export interface SavingCost {
  readonly bytes: number;
  readonly bytesPerMillisecond: number;
  readonly limitBytes: number;
}

/**
 * Whether it takes less time to save a state and to load it again than to evaluate it again.
 *
 * @param lost tokens that would have to be evaluated again
 * @param rate of prefill in tokens per millisecond; undefined before it was measured
 */
export function isWorthSaving(lost: number, rate: number | undefined, cost: SavingCost): boolean {
  if (cost.bytes > cost.limitBytes) return false;
  if (rate === undefined) return lost >= UNMEASURED_TOKENS;
  return (2 * cost.bytes) / cost.bytesPerMillisecond < lost / rate;
}

/** How many tokens two begin with alike; of the prompt one is left to evaluate. */
export function sharedLength(tokens: readonly number[], prompt: readonly number[]): number {
  const most = Math.min(tokens.length, prompt.length - 1);
  for (let index = 0; index < most; index++) if (tokens[index] !== prompt[index]) return index;
  return most;
}

import { resistantLine, timeOn } from '../../../resistant-line.ts';
import type { TimedToken } from '../../../resistant-line.ts';
import type { RequestMix, TokenGroup } from './request-mix.ts';

/** Time of a token in milliseconds. It grows with depth, because attention reads all earlier tokens. */
export interface TokenTime {
  readonly atStart: number;
  /** Growth per token before it. */
  readonly growth: number;
}

/** Times with flash attention, or without it. */
export interface AttentionTimes {
  readonly prefill: TokenTime;
  readonly decode: TokenTime;
}

export type AttentionKind = 'on' | 'off';

/** Times of a model on a CPU. */
export type AttentionRates = Readonly<Record<AttentionKind, AttentionTimes>>;

export interface AttentionChoice {
  readonly use: AttentionKind;
  /** Seconds that the mix takes with each kind. */
  readonly seconds: Readonly<Record<AttentionKind, number>>;
}

/**
 * Times of SmolLM2-135M on one thread, for models that are not measured yet. Other models have other times, but
 * similar ratios: with flash attention prompts are evaluated 1.4 to 1.7 times as fast, and tokens are generated 1.3 to
 * 1.8 times as slowly.
 */
export const TYPICAL_RATES: AttentionRates = {
  on: {
    prefill: { atStart: 5.2, growth: 0.0029 },
    decode: { atStart: 10.3, growth: 0.0141 },
  },
  off: {
    prefill: { atStart: 5.7, growth: 0.0055 },
    decode: { atStart: 11.7, growth: 0.0075 },
  },
};

/** Advantage from which a choice is changed: cached prompts on disk are of one kind, and lost by a change. */
const LEAST_ADVANTAGE = 1.04;

/**
 * Chooses flash attention by the time of a mix of requests.
 *
 * @param before earlier choice for the model
 */
export function chooseAttention(
  rates: AttentionRates,
  mix: RequestMix,
  before?: AttentionKind,
): AttentionChoice {
  const seconds = { on: secondsOf(mix, rates.on), off: secondsOf(mix, rates.off) };
  const faster = seconds.on <= seconds.off ? 'on' : 'off';
  const isClose = advantageOf(seconds) < LEAST_ADVANTAGE;
  return { use: isClose ? (before ?? faster) : faster, seconds };
}

/** Ratio of the longer to the shorter time. */
export function advantageOf({ on, off }: AttentionChoice['seconds']): number {
  const shorter = Math.min(on, off);
  return shorter === 0 ? 1 : Math.max(on, off) / shorter;
}

/** Seconds that a mix of requests takes. */
function secondsOf(mix: RequestMix, { prefill, decode }: AttentionTimes): number {
  const milliseconds =
    timeOf(mix.cold, prefill) + timeOf(mix.warm, prefill) + timeOf(mix.generated, decode);
  return milliseconds / 1000;
}

/** The time grows evenly with depth, so the mean depth is exact. */
function timeOf({ tokens, depth }: TokenGroup, { atStart, growth }: TokenTime): number {
  return tokens * (atStart + growth * depth);
}

/** Smallest spread of depths that shows the growth of the time, in tokens. */
const SPREAD = 128;

/** Finds the time of a token from measured ones; undefined if they are of one depth. */
export function tokenTimeOf(measured: readonly TimedToken[]): TokenTime | undefined {
  const line = resistantLine(measured, SPREAD);
  return line && { atStart: timeOn(line, 0), growth: line.slope };
}

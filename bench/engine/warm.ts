import { median, rounded } from '../statistics.ts';
import { pair } from './rig.ts';
import type { Pair, Rig } from './rig.ts';

export interface WarmPlan {
  /** Words of the system prompt that all questions share. */
  readonly prefix: number;
  readonly question: number;
  /** Number of prefixes; the first question after each is cold. */
  readonly prefixes: number;
  /** Further questions after each prefix. */
  readonly pairs: number;
}

const GENERATED = 2;

/** Measures the time to the first token with a cached prefix, and without. */
export async function measureWarm(rig: Rig, plan: WarmPlan) {
  const cold: Pair[] = [];
  const warm: Pair[] = [];
  for (let prefix = 0; prefix < plan.prefixes; prefix += 1) {
    const system = rig.prose(plan.prefix, 1000 + prefix);
    const ask = (question: number) => {
      const content = rig.prose(plan.question, 2000 + prefix * plan.pairs + question);
      const messages = [{ role: 'user', content }] as const;
      return pair(rig, { system, messages, generate: GENERATED, session: `warm ${prefix}` });
    };
    cold.push(await ask(0));
    for (let question = 1; question <= plan.pairs; question += 1) warm.push(await ask(question));
  }
  const [coldMs, warmMs] = [medianOf(cold, ourMs), medianOf(warm, ourMs)];
  return {
    warmTtftRatio: medianOf(warm, (one) => ourMs(one) / rawMs(one)),
    warmOverCold: rounded(warmMs / coldMs),
    warmTtftMs: warmMs,
    rawWarmTtftMs: medianOf(warm, rawMs),
    coldTtftMs: coldMs,
    rawColdTtftMs: medianOf(cold, rawMs),
    coldTtftRatio: medianOf(cold, (one) => ourMs(one) / rawMs(one)),
    sharedTokens: medianOf(warm, ({ ours }) => ours.cacheReadTokens),
    freshTokens: medianOf(warm, ({ ours }) => ours.promptTokens - ours.cacheReadTokens),
  };
}

function medianOf(pairs: readonly Pair[], pick: (one: Pair) => number): number {
  return rounded(median(pairs.map(pick)));
}

function ourMs({ ours }: Pair): number {
  return ours.timeline[0] ?? Infinity;
}

function rawMs({ raw }: Pair): number {
  return raw[0] ?? Infinity;
}

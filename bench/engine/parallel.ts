import { median, rounded } from '../statistics.ts';
import type { Rig } from './rig.ts';
import { sharedRate } from './timeline.ts';
import type { Timeline } from './timeline.ts';

export interface ParallelPlan {
  readonly streams: number;
  readonly rounds: number;
  readonly words: number;
  readonly tokens: number;
}

/**
 * Measures the decoding speed of parallel streams, as a ratio to raw llama.cpp in full batches, also for the
 * minimal server.
 */
export async function measureParallel(rig: Rig, plan: ParallelPlan) {
  const rates: { readonly ours: number; readonly raw: number; readonly least: number }[] = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    const { timelines, promptTokens } = await askTogether(rig, plan, round);
    const prompts = promptTokens.map((fresh, sequence) => ({
      sequence,
      keep: 0,
      fresh,
      generate: plan.tokens,
    }));
    const raw = await rig.raw.answer(prompts);
    const least = await rig.least(prompts);
    rates.push({
      ours: sharedRate(timelines),
      raw: sharedRate(raw),
      least: sharedRate(least),
    });
  }
  return {
    parallelRatio: rounded(median(rates.map(({ ours, raw }) => ours / raw))),
    leastParallelRatio: rounded(median(rates.map(({ least, raw }) => least / raw))),
    parallelTokensPerSecond: rounded(median(rates.map(({ ours }) => ours))),
    rawParallelTokensPerSecond: rounded(median(rates.map(({ raw }) => raw))),
  };
}

async function askTogether({ portico, prose }: Rig, plan: ParallelPlan, round: number) {
  const timelines: Timeline[] = [];
  const answers = await Promise.all(
    Array.from({ length: plan.streams }, (_, index) => {
      const tokens: number[] = [];
      timelines.push(tokens);
      const content = prose(plan.words, 7000 + round * plan.streams + index);
      const question = { messages: [{ role: 'user', content }] as const, generate: plan.tokens };
      return portico.ask(question, { onToken: () => tokens.push(performance.now()) });
    }),
  );
  return { timelines, promptTokens: answers.map((answer) => answer.promptTokens) };
}

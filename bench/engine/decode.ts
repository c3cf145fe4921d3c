import { median, rounded } from '../statistics.ts';
import { pair } from './rig.ts';
import type { Rig } from './rig.ts';
import { decodeRate } from './timeline.ts';

export interface DecodePlan {
  readonly pairs: number;
  /** Words of the prompts: one of an agent, and a short question. */
  readonly words: { readonly long: number; readonly short: number };
  readonly tokens: number;
}

/** Measures the decoding speed of one stream, as a ratio to raw llama.cpp, also for the minimal server. */
export async function measureDecode(rig: Rig, { pairs, words, tokens }: DecodePlan) {
  const long: Rates[] = [];
  const short: Rates[] = [];
  for (let round = 0; round < pairs; round += 1) {
    short.push(await measureRates(rig, rig.prose(words.short, round), tokens));
    long.push(await measureRates(rig, rig.prose(words.long, pairs + round), tokens));
  }
  return {
    decodeRatio: medianOf(long, ({ ours, raw }) => ours / raw),
    leastDecodeRatio: medianOf(long, ({ least, raw }) => least / raw),
    tokensPerSecond: medianOf(long, ({ ours }) => ours),
    rawTokensPerSecond: medianOf(long, ({ raw }) => raw),
    shortDecodeRatio: medianOf(short, ({ ours, raw }) => ours / raw),
    leastShortDecodeRatio: medianOf(short, ({ least, raw }) => least / raw),
  };
}

/** Tokens per second. */
interface Rates {
  readonly ours: number;
  readonly raw: number;
  readonly least: number;
}

async function measureRates(rig: Rig, content: string, tokens: number): Promise<Rates> {
  const messages = [{ role: 'user', content }] as const;
  const { ours, raw, prompt } = await pair(rig, { messages, generate: tokens });
  const [least = []] = await rig.least([prompt]);
  return { ours: decodeRate(ours.timeline), raw: decodeRate(raw), least: decodeRate(least) };
}

function medianOf(rates: readonly Rates[], pick: (rates: Rates) => number): number {
  return rounded(median(rates.map(pick)));
}

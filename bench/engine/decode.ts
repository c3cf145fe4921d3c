import { median, rounded } from '../statistics.ts';
import { pair } from './rig.ts';
import type { Rig } from './rig.ts';
import { decodeRate } from './timeline.ts';

export interface DecodePlan {
  readonly pairs: number;
  readonly tokens: number;
}

/** How fast one stream decodes, of what raw llama.cpp does. */
export async function measureDecode(rig: Rig, { pairs, tokens }: DecodePlan) {
  const rates: { readonly ours: number; readonly raw: number }[] = [];
  for (let round = 0; round < pairs; round += 1) {
    const messages = [{ role: 'user', content: rig.prose(40, round) }] as const;
    const { ours, raw } = await pair(rig, { messages, generate: tokens });
    rates.push({ ours: decodeRate(ours.timeline), raw: decodeRate(raw) });
  }
  return {
    decodeRatio: rounded(median(rates.map(({ ours, raw }) => ours / raw))),
    tokensPerSecond: rounded(median(rates.map(({ ours }) => ours))),
    rawTokensPerSecond: rounded(median(rates.map(({ raw }) => raw))),
  };
}

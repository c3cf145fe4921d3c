import type { FlashAttention, KvType } from '../../../../../config/engine-options.ts';
import { formatSize } from '../../../../../units/size.ts';
import { advantageOf, chooseAttention, TYPICAL_RATES } from './choice.ts';
import type { AttentionChoice } from './choice.ts';
import type { AttentionRecord } from './record.ts';
import { agentMix, merged, NO_REQUESTS, tokensOf } from './request-mix.ts';

/** Context on a CPU. */
export interface CpuContext {
  /** Tokens of each sequence. */
  readonly tokens: number;
  /** Bytes of the scores that attention without flash attention has in memory at once. */
  readonly scoreBytes: number;
}

/** Flash attention of a load. */
export interface AttentionDecision {
  readonly use: FlashAttention;
  /** The same for people: `auto` is on, if a CPU can do it. */
  readonly shown: FlashAttention;
  /** Reason for the log and `portico show`. */
  readonly reason: string;
  /** True if the speed decided. */
  readonly isFree: boolean;
}

export interface AttentionConditions {
  /** Value of the flag or the entry. */
  readonly flashAttention: FlashAttention;
  readonly kvType: KvType;
  /** Undefined on a GPU. */
  readonly context: CpuContext | undefined;
  readonly record: AttentionRecord;
  /** Versions of the addon and llama.cpp, whose rates the record must have. */
  readonly addon: string;
}

/** Types without quantization. llama.cpp reads quantized values only in flash attention. */
export const WHOLE_TYPES: readonly KvType[] = ['f32', 'f16', 'bf16'];

/** Largest memory for scores. Above it, flash attention stays on. */
const MOST_SCORE_BYTES = 512 * 2 ** 20;

/** Contexts up to this size are too short for flash attention to cost more than it saves (bench/README.md). */
const SHALLOW_TOKENS = 2048;

/** Decides flash attention. On a CPU it is a trade: prompts are faster with it, and answers without it. */
export function decideAttention(conditions: AttentionConditions): AttentionDecision {
  const { flashAttention, kvType, context } = conditions;
  if (flashAttention !== 'auto') return settled('it is set', flashAttention, flashAttention);
  if (context === undefined) return settled('llama.cpp decides', 'auto');
  if (!WHOLE_TYPES.includes(kvType)) return settled(`a context of type ${kvType} needs it`);
  if (context.tokens <= SHALLOW_TOKENS) {
    return settled(`a context of ${context.tokens} tokens is short`);
  }
  if (context.scoreBytes > MOST_SCORE_BYTES) {
    return settled(`without it, scores would take ${formatSize(context.scoreBytes)}`);
  }
  return bySpeed(conditions, context.tokens);
}

function bySpeed({ record, addon }: AttentionConditions, contextTokens: number): AttentionDecision {
  const measured = record.measuredWith === addon ? record.rates : undefined;
  const known = record.mix ?? NO_REQUESTS;
  // An agent's session outweighs the first few requests.
  const mix = merged(agentMix(contextTokens), known);
  const choice = chooseAttention(measured ?? TYPICAL_RATES, mix, record.use);
  const requests = tokensOf(known) > 0 ? 'its requests so far' : 'the requests of an agent';
  const rates = measured === undefined ? 'typical rates' : 'its measured rates';
  return {
    use: choice.use === 'on' ? 'auto' : 'off',
    shown: choice.use,
    reason: `${requests} take ${comparison(choice)}, by ${rates}`,
    isFree: true,
  };
}

function comparison({ use, seconds }: AttentionChoice): string {
  const other = use === 'on' ? 'without it' : 'with it';
  const ratio = advantageOf(seconds);
  const isSlower = seconds[use] <= Math.min(seconds.on, seconds.off);
  if (!isSlower || ratio < 1.005) return `about as long ${other}`;
  return `${ratio.toFixed(2)} times as long ${other}`;
}

/** Decision with its reason. */
export function decisionText({ shown, reason }: AttentionDecision): string {
  return `${shown}: ${reason}`;
}

function settled(
  reason: string,
  shown: FlashAttention = 'on',
  use: FlashAttention = 'auto',
): AttentionDecision {
  return { use, shown, reason, isFree: false };
}

import { z } from 'zod';

/** Token counts of an answer, as the server reports them. */
export interface UsageReport {
  /** Tokens of the complete prompt, including cached ones. */
  readonly promptTokens: number;
  readonly cachedTokens: number;
  /** All generated tokens, including thinking. */
  readonly outputTokens: number;
  readonly thinkingTokens: number;
}

/** More tokens than any answer has. A larger number is not a valid count. */
const MOST = 1e9;

const count = z.int().nonnegative().max(MOST);

/** Optional count. An invalid one is ignored, and the others stay valid. */
const detail = count.nullish().catch(undefined);

const usageSchema = z.object({
  // No prompt has 0 tokens. Servers that do not count send it.
  prompt_tokens: count.positive(),
  completion_tokens: count.nullish(),
  prompt_tokens_details: z.object({ cached_tokens: detail }).nullish().catch(undefined),
  completion_tokens_details: z.object({ reasoning_tokens: detail }).nullish().catch(undefined),
  // DeepSeek's name for cached tokens.
  prompt_cache_hit_tokens: detail,
});

/** Timings that llama-server adds to every event with `timings_per_token`. */
const timingsSchema = z.object({
  cache_n: z.int().nonnegative(),
  prompt_n: z.int().nonnegative(),
  predicted_n: z.int().nonnegative(),
});

/** Reads the counts of an event. Invalid ones count as absent, so that they do not spoil a good answer. */
export function readUsage(reported: unknown, measured: unknown): UsageReport | undefined {
  const usage = reported ? usageSchema.safeParse(reported).data : undefined;
  const timings = measured ? timingsSchema.safeParse(measured).data : undefined;
  if (usage) {
    return {
      promptTokens: usage.prompt_tokens,
      cachedTokens:
        usage.prompt_tokens_details?.cached_tokens ?? usage.prompt_cache_hit_tokens ?? 0,
      outputTokens: usage.completion_tokens ?? 0,
      thinkingTokens: usage.completion_tokens_details?.reasoning_tokens ?? 0,
    };
  }
  return timings
    ? {
        promptTokens: timings.cache_n + timings.prompt_n,
        cachedTokens: timings.cache_n,
        outputTokens: timings.predicted_n,
        thinkingTokens: 0,
      }
    : undefined;
}

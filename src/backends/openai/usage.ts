import { z } from 'zod';

/** What a server tells of an answer's tokens. */
export interface UsageReport {
  /** The whole prompt, cached parts included. */
  readonly promptTokens: number;
  readonly cachedTokens: number;
  /** All that was generated, thinking included. */
  readonly outputTokens: number;
  readonly thinkingTokens: number;
}

const count = z.number().nonnegative().nullish();

export const usageSchema = z.object({
  prompt_tokens: z.number().nonnegative(),
  completion_tokens: count,
  prompt_tokens_details: z.object({ cached_tokens: count }).nullish(),
  completion_tokens_details: z.object({ reasoning_tokens: count }).nullish(),
  // DeepSeek's own name for cached tokens.
  prompt_cache_hit_tokens: count,
});

/** What llama-server tells with every piece when asked to by `timings_per_token`. */
export const timingsSchema = z.object({
  cache_n: z.int().nonnegative(),
  prompt_n: z.int().nonnegative(),
  predicted_n: z.int().nonnegative(),
});

/** The counts of an event of a stream. */
export function readUsage(
  usage: z.infer<typeof usageSchema> | null | undefined,
  timings: z.infer<typeof timingsSchema> | null | undefined,
): UsageReport | undefined {
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

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

/** More tokens than any answer has: a larger number is no count. */
const MOST = 1e9;

const count = z.int().nonnegative().max(MOST);

/** Without an odd detail the rest still counts. */
const detail = count.nullish().catch(undefined);

const usageSchema = z.object({
  prompt_tokens: count,
  completion_tokens: count.nullish(),
  prompt_tokens_details: z.object({ cached_tokens: detail }).nullish().catch(undefined),
  completion_tokens_details: z.object({ reasoning_tokens: detail }).nullish().catch(undefined),
  // DeepSeek's own name for cached tokens.
  prompt_cache_hit_tokens: detail,
});

/** What llama-server tells with every piece when asked to by `timings_per_token`. */
const timingsSchema = z.object({
  cache_n: z.int().nonnegative(),
  prompt_n: z.int().nonnegative(),
  predicted_n: z.int().nonnegative(),
});

/** The counts of an event of a stream. Odd ones count as absent: a good answer does not fail by them. */
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

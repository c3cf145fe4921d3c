/** Claude Code compacts a conversation this many tokens before what it believes is the end: its source has them. */
const COMPACTED_BEFORE = 13_000;

/** At most so much of the window it keeps free for an answer, whatever answers may have. */
const MOST_KEPT_FOR_ANSWER = 20_000;

/**
 * The context window to tell Claude Code of, in tokens, for a model with `contextTokens`.
 *
 * It compacts at window − answer − 13,000. For a context of 32k that is 11.6k, less than its own
 * instructions: it would compact without end, and give up. So a small window is told larger, such
 * that it compacts when three quarters of the real one are used; seen with 2.1.197 and 2.1.329.
 *
 * @param outputTokens the most that one answer may have
 */
export function claudeWindow(contextTokens: number, outputTokens: number): number {
  const compactedAt = Math.floor(contextTokens * 0.75);
  const kept = Math.min(outputTokens, MOST_KEPT_FOR_ANSWER);
  return Math.max(contextTokens, compactedAt + kept + COMPACTED_BEFORE);
}

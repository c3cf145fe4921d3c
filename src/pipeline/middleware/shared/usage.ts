import type { Usage } from '../../../core/events.ts';

/** Usage of an answer after two tries: the generated tokens of both, and the client's prompt. */
export function usageOfTries(first: Usage | undefined, second: Usage): Usage {
  if (first === undefined) return second;
  return {
    ...first,
    outputTokens: first.outputTokens + second.outputTokens,
    thinkingTokens: first.thinkingTokens + second.thinkingTokens,
  };
}

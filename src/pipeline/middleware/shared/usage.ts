import type { Usage } from '../../../core/events.ts';

/** Usage of an answer that took two tries: all that was generated, on the prompt that the client sent. */
export function usageOfTries(first: Usage | undefined, second: Usage): Usage {
  if (first === undefined) return second;
  return {
    ...first,
    outputTokens: first.outputTokens + second.outputTokens,
    thinkingTokens: first.thinkingTokens + second.thinkingTokens,
  };
}

import type { Effort, ThinkingMode } from '../core/backend.ts';

/** Tokens of thinking that an effort stands for, where the client names no budget of its own. */
const BUDGETS = {
  low: 1024,
  medium: 4096,
  high: 16_384,
  xhigh: 32_768,
  max: Number.POSITIVE_INFINITY,
} as const satisfies Record<Effort, number>;

/**
 * The most tokens that a model may think: the client's budget, else what the effort stands for, else
 * as many as it likes.
 */
export function thinkingBudget(thinking: ThinkingMode, effort: Effort | undefined): number {
  switch (thinking.mode) {
    case 'enabled':
      return thinking.budgetTokens;
    case 'adaptive':
      return effort === undefined ? Number.POSITIVE_INFINITY : BUDGETS[effort];
    case 'disabled':
      return 0;
    default:
      return thinking satisfies never;
  }
}

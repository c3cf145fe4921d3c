import type { Effort, ThinkingMode } from '../core/backend.ts';

/** Thinking budgets in tokens per effort, used if the client sets no budget. */
const BUDGETS = {
  low: 1024,
  medium: 4096,
  high: 16_384,
  xhigh: 32_768,
  max: Number.POSITIVE_INFINITY,
} as const satisfies Record<Effort, number>;

/** Thinking budget in tokens: the client's own, else that of the effort, else unlimited. */
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

import { describe, expect, it } from 'vitest';
import { thinkingBudget } from '../../src/prompt/effort.ts';
import type { Effort, ThinkingMode } from '../../src/core/backend.ts';
import { covers } from '../support/covers.ts';

describe('the thinking budget', () => {
  covers('R3.5-effort');

  it.each<[string, ThinkingMode, Effort | undefined, number]>([
    ['is the client’s own if set', { mode: 'enabled', budgetTokens: 2000 }, 'max', 2000],
    ['is 0 if thinking is disabled', { mode: 'disabled' }, 'high', 0],
    ['is unlimited without budget and effort', { mode: 'adaptive' }, undefined, Infinity],
    ['is small for a low effort', { mode: 'adaptive' }, 'low', 1024],
    ['is unlimited for the highest effort', { mode: 'adaptive' }, 'max', Infinity],
  ])('%s', (_title, thinking, effort, budget) => {
    expect(thinkingBudget(thinking, effort)).toBe(budget);
  });

  it('grows with the effort', () => {
    const efforts = ['low', 'medium', 'high', 'xhigh', 'max'] as const;
    const budgets = efforts.map((effort) => thinkingBudget({ mode: 'adaptive' }, effort));
    expect(budgets).toEqual(budgets.toSorted((one, other) => one - other));
    expect(new Set(budgets).size).toBe(efforts.length);
  });
});

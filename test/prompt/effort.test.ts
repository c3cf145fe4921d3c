import { describe, expect, it } from 'vitest';
import { thinkingBudget } from '../../src/prompt/effort.ts';
import type { Effort, ThinkingMode } from '../../src/core/backend.ts';
import { covers } from '../support/covers.ts';

describe('the most tokens of thinking', () => {
  covers('R3.5-effort');

  it.each<[string, ThinkingMode, Effort | undefined, number]>([
    ['follow the client’s budget', { mode: 'enabled', budgetTokens: 2000 }, 'max', 2000],
    ['are none where thinking is off', { mode: 'disabled' }, 'high', 0],
    ['have no end where nothing is said', { mode: 'adaptive' }, undefined, Infinity],
    ['are few for a low effort', { mode: 'adaptive' }, 'low', 1024],
    ['have no end for the highest effort', { mode: 'adaptive' }, 'max', Infinity],
  ])('%s', (_title, thinking, effort, budget) => {
    expect(thinkingBudget(thinking, effort)).toBe(budget);
  });

  it('grow with the effort', () => {
    const efforts = ['low', 'medium', 'high', 'xhigh', 'max'] as const;
    const budgets = efforts.map((effort) => thinkingBudget({ mode: 'adaptive' }, effort));
    expect(budgets).toEqual(budgets.toSorted((one, other) => one - other));
    expect(new Set(budgets).size).toBe(efforts.length);
  });
});

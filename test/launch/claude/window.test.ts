import { describe, expect, it } from 'vitest';
import { claudeWindow } from '../../../src/launch/claude/environment.ts';
import { outputTokens } from '../../../src/launch/environment.ts';
import { covers } from '../../support/covers.ts';

describe('the window that Claude Code is told', () => {
  covers('R5.8-window');

  it.each([
    [8192, 21_192],
    [32_768, 45_768],
    [65_536, 78_536],
    [131_072, 131_304],
    [200_000, 200_000],
    [1_000_000, 1_000_000],
  ])('is, for a context of %i, %i', (context, told) => {
    expect(claudeWindow(context, outputTokens(context))).toBe(told);
  });
});

import { describe, expect, it } from 'vitest';
import { claudeWindow } from '../../../src/launch/claude/environment.ts';
import { outputTokens } from '../../../src/launch/environment.ts';
import { covers } from '../../support/covers.ts';

describe('the window reported to Claude Code', () => {
  covers('R5.8-window');

  it.each([
    [8192, 21_192],
    [32_768, 45_768],
    [65_536, 78_536],
    [131_072, 131_304],
    [200_000, 200_000],
    [1_000_000, 1_000_000],
  ])('for a context of %i is %i', (context, window) => {
    expect(claudeWindow(context, outputTokens(context))).toBe(window);
  });
});

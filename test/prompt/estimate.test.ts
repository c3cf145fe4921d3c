import { describe, expect, it } from 'vitest';
import { createPromptEstimator } from '../../src/prompt/estimate.ts';
import { covers } from '../support/covers.ts';

describe('the length of an uncounted prompt', () => {
  covers('R2.5-too-long');

  it('is guessed by the last count for the same model', () => {
    const estimator = createPromptEstimator();
    expect(estimator.estimate('mini', 400)).toBe(100);
    estimator.learn('mini', 1000, 500);
    // Mostly the template's tokens.
    estimator.learn('mini', 10, 30);
    expect(estimator.estimate('mini', 400)).toBe(200);
    expect(estimator.estimate('other', 400)).toBe(100);
  });
});

import { describe, expect, it } from 'vitest';
import { createPromptEstimator } from '../../src/prompt/estimate.ts';
import { covers } from '../support/covers.ts';

describe('the estimator of prompt lengths', () => {
  covers('R2.5-too-long');

  it('uses the last count for the same model', () => {
    const estimator = createPromptEstimator();
    expect(estimator.estimate('mini', 400)).toBe(100);
    estimator.learn('mini', 1000, 500);
    // Too short to learn from: most of its tokens are the template's.
    estimator.learn('mini', 10, 30);
    expect(estimator.estimate('mini', 400)).toBe(200);
    expect(estimator.estimate('other', 400)).toBe(100);
  });
});

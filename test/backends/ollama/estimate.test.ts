import { describe, expect, it } from 'vitest';
import { createPromptEstimator } from '../../../src/backends/ollama/estimate.ts';

describe('[R2.5-too-long] the length of a prompt that was refused uncounted', () => {
  it('is guessed by the last count of the same model', () => {
    const estimator = createPromptEstimator();
    const prompt = (length: number) => [{ role: 'user', content: 'x'.repeat(length) }];
    expect(estimator.estimate('mini', prompt(400))).toBe(100);
    estimator.learn('mini', prompt(1000), 500);
    // Mostly the template's tokens.
    estimator.learn('mini', prompt(10), 30);
    expect(estimator.estimate('mini', prompt(400))).toBe(200);
    expect(estimator.estimate('other', prompt(400))).toBe(100);
  });
});

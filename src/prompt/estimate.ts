/** Ratio of English text in common vocabularies. Used until a prompt of the model has been counted. */
const TOKENS_PER_CHARACTER = 0.25;

/** Minimum length of a prompt to learn from. In shorter ones the template's own tokens outweigh the text. */
const MIN_CHARACTERS = 1_000;

/** Estimates the tokens of a prompt from the last counted prompt of the same model. */
export interface PromptEstimator {
  learn(model: string, characters: number, tokens: number): void;
  estimate(model: string, characters: number): number;
}

/** Creates an estimator without any counts. */
export function createPromptEstimator(): PromptEstimator {
  const ratios = new Map<string, number>();
  return {
    learn(model, characters, tokens) {
      if (characters >= MIN_CHARACTERS) ratios.set(model, tokens / characters);
    },
    estimate(model, characters) {
      return Math.ceil(characters * (ratios.get(model) ?? TOKENS_PER_CHARACTER));
    },
  };
}

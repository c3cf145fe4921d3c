/** English text in common vocabularies; used until a model's own prompts have been counted. */
const TOKENS_PER_CHARACTER = 0.25;

/** In a shorter prompt the template's own tokens outweigh the text. */
const MIN_CHARACTERS = 1_000;

/** Guesses how many tokens an uncounted prompt has, by the last count for the same model. */
export interface PromptEstimator {
  learn(model: string, characters: number, tokens: number): void;
  estimate(model: string, characters: number): number;
}

/** An estimator that knows nothing yet. */
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

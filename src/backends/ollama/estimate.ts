import type { Message } from 'ollama';

/** English text in common vocabularies; used until a model's own prompts have been counted. */
const TOKENS_PER_CHARACTER = 0.25;

/** In a shorter prompt the template's own tokens outweigh the text. */
const MIN_CHARACTERS = 1_000;

/** Guesses how long a prompt is that Ollama refused uncounted, by the model's last count. */
export interface PromptEstimator {
  learn(model: string, messages: readonly Message[], tokens: number): void;
  estimate(model: string, messages: readonly Message[]): number;
}

/** An estimator that knows nothing yet. */
export function createPromptEstimator(): PromptEstimator {
  const ratios = new Map<string, number>();
  return {
    learn(model, messages, tokens) {
      const characters = charactersOf(messages);
      if (characters >= MIN_CHARACTERS) ratios.set(model, tokens / characters);
    },
    estimate(model, messages) {
      return Math.ceil(charactersOf(messages) * (ratios.get(model) ?? TOKENS_PER_CHARACTER));
    },
  };
}

function charactersOf(messages: readonly Message[]): number {
  return messages.reduce((sum, { content }) => sum + content.length, 0);
}

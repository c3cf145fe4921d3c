import type { GrammarFeatures } from '../runner.ts';
import type { ModelMetadata } from './model-metadata.ts';

/** Features of a runner that applies a grammar from a trigger on, and has no bias for tokens. */
export function grammarFeaturesOf({
  model,
  controlTexts,
}: Pick<ModelMetadata, 'model' | 'controlTexts'>): GrammarFeatures {
  return {
    watches: (trigger) => model.tokenize(trigger, true).length === 1,
    // A grammar itself allows tokens that end a generation only at its end.
    excluded: controlTexts.filter((text) => {
      const [token, ...others] = model.tokenize(text, true);
      return token !== undefined && others.length === 0 && !model.isEogToken(token);
    }),
  };
}

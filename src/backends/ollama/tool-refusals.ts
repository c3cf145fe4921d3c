import { RuntimeFailure } from '../../core/failure.ts';
import type { ModelSpec } from '../../core/model.ts';
import type { OllamaFactsFinder } from './models.ts';

/** Models that refused tools, although Ollama lists them as capable of tools. */
export interface ToolRefusals {
  /** Notes a failure of a model's request, if it is a refusal of tools. */
  note(model: ModelSpec, error: unknown): void;
  /** Returns a finder of facts that says of these models that they have no tools. */
  apply(find: OllamaFactsFinder): OllamaFactsFinder;
}

/** Creates an empty list of refusals. `keyOf` names a model on its server. */
export function createToolRefusals(keyOf: (model: ModelSpec) => string): ToolRefusals {
  const refused = new Set<string>();
  return {
    note(model, error) {
      if (error instanceof RuntimeFailure && error.refusesTools) refused.add(keyOf(model));
    },
    apply: (find) => async (model, url, signal) => {
      const facts = await find(model, url, signal);
      return refused.has(keyOf(model)) ? { ...facts, tools: false } : facts;
    },
  };
}

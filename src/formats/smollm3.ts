import type { ChatFormat } from './format.ts';
import { hermes } from './hermes.ts';

/**
 * SmolLM3, which writes Hermes calls, with templates that do not show the syntax. The other templates are
 * recognized as Hermes. SmolLM2's templates contain the name too, but no reasoning mode. SmolLM3's template
 * enables thinking unless the system prompt contains `/no_think`.
 */
export const smollm3: ChatFormat = {
  ...hermes,
  name: 'smollm3',
  recognises: (template) =>
    template.includes('SmolLM') &&
    /reasoning mode|no_think/i.test(template) &&
    !template.includes('<tool_call>'),
};

import type { ChatFormat } from './format.ts';
import { hermes } from './hermes.ts';

/**
 * SmolLM3, which writes Hermes calls, by those of its templates that do not show them; the others are
 * recognised as Hermes. SmolLM2 has the name in its default system prompt, but no reasoning mode. Its template thinks unless the system prompt holds `/no_think`.
 */
export const smollm3: ChatFormat = {
  ...hermes,
  name: 'smollm3',
  recognises: (template) =>
    template.includes('SmolLM') &&
    /reasoning mode|no_think/i.test(template) &&
    !template.includes('<tool_call>'),
};

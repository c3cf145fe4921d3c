import type { ChatFormat } from './format.ts';
import { hermes } from './hermes.ts';

/** ERNIE 4.5 Thinking: calls as Hermes, and answers in `<response>` tags. */
export const ernie: ChatFormat = {
  name: 'ernie',
  recognises: (template) =>
    template.includes('<tool_call>') &&
    template.includes('<response>') &&
    !template.includes('<invoke '),
  thinking: { open: '<think>', close: '</think>' },
  answer: { open: '<response>', close: '</response>', always: false },
  ...(hermes.tools && { tools: hermes.tools }),
};

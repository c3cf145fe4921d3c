import type { ChatFormat } from './format.ts';
import { markupTools } from './shared/markup.ts';

/**
 * Qwen3-Coder, Qwen 3.5, Nemotron 3, Step 3.5. A `<tool_call>` contains `<function=name>` and
 * `<parameter=name>`, with values on lines of their own.
 */
export const qwenXml: ChatFormat = {
  name: 'qwen-xml',
  recognises: (template) =>
    template.includes('<tool_call>') &&
    template.includes('<function=') &&
    template.includes('<parameter='),
  thinking: { open: '<think>', close: '</think>' },
  tools: markupTools({
    open: '<tool_call>',
    close: '</tool_call>',
    callOpen: '<function=',
    nameEnd: '>',
    parameters: {
      open: '<parameter=',
      nameEnds: [{ mark: '>' }],
      layout: '\n',
      close: '</parameter>',
      separator: '\n',
      end: '</function>',
    },
    several: false,
    // Qwen3-Coder sometimes leaves out `<tool_call>`.
    mayStartBare: true,
  }),
};

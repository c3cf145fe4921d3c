import type { ChatFormat } from './format.ts';
import { markupTools } from './shared/markup.ts';

/**
 * `<tool_call>` with `<function=name>` and `<parameter=name>` in it, values on lines of their own: Qwen3-Coder,
 * Qwen 3.5, Nemotron 3, Step 3.5.
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
    // Qwen3-Coder does so now and then.
    mayStartBare: true,
  }),
};

import type { ChatFormat } from './format.ts';
import { markupTools } from './shared/markup.ts';

/**
 * MiniMax-M2: `<invoke name="…">` with `<parameter name="…">`. One `<minimax:tool_call>` contains all calls
 * of a turn.
 */
export const minimax: ChatFormat = {
  name: 'minimax',
  recognises: (template) => template.includes('minimax:tool_call'),
  thinking: { open: '<think>', close: '</think>' },
  tools: markupTools({
    open: '<minimax:tool_call>',
    close: '</minimax:tool_call>',
    callOpen: '<invoke name="',
    nameEnd: '">',
    parameters: {
      open: '<parameter name="',
      nameEnds: [{ mark: '">' }],
      layout: '',
      close: '</parameter>',
      separator: '\n',
      end: '</invoke>',
    },
    several: true,
    mayStartBare: true,
  }),
};

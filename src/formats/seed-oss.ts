import type { ChatFormat } from './format.ts';
import { markupTools } from './shared/markup.ts';

/** ByteDance's Seed-OSS: `<function=name>` in `<seed:tool_call>`, with values on the same line. */
export const seedOss: ChatFormat = {
  name: 'seed-oss',
  recognises: (template) => template.includes('<seed:tool_call>'),
  thinking: { open: '<seed:think>', close: '</seed:think>' },
  tools: markupTools({
    open: '<seed:tool_call>',
    close: '</seed:tool_call>',
    callOpen: '<function=',
    nameEnd: '>',
    parameters: {
      open: '<parameter=',
      nameEnds: [{ mark: '>' }],
      layout: '',
      close: '</parameter>',
      separator: '\n',
      end: '</function>',
    },
    several: false,
    mayStartBare: false,
  }),
};

import type { ChatFormat } from './format.ts';
import { markupTools } from './shared/markup.ts';

const MARK = '｜DSML｜';

/**
 * DeepSeek V3.2 and V4: markup with `｜DSML｜` in each tag. Each parameter has an attribute for strings. The
 * two versions differ only in the name of the block.
 */
function dsml(version: '3.2' | '4', block: 'function_calls' | 'tool_calls'): ChatFormat {
  const other = block === 'tool_calls' ? 'function_calls' : 'tool_calls';
  return {
    name: `deepseek-v${version}`,
    recognises: (template) =>
      template.includes(MARK) &&
      new RegExp(`dsml_token \\+ '${block}>|${MARK}${block}>`).test(template),
    thinking: { open: '<think>', close: '</think>' },
    tools: markupTools({
      open: `<${MARK}${block}>`,
      close: `</${MARK}${block}>`,
      callOpen: `<${MARK}invoke name="`,
      nameEnd: '">',
      parameters: {
        open: `<${MARK}parameter name="`,
        nameEnds: [
          { mark: '" string="true">', kind: 'text' },
          { mark: '" string="false">', kind: 'json' },
        ],
        looseNameEnds: [{ mark: '">' }],
        layout: '',
        close: `</${MARK}parameter>`,
        separator: '\n',
        end: `</${MARK}invoke>`,
      },
      several: true,
      // Models of both versions leave out the block, or write that of the other version.
      mayStartBare: true,
      otherTags: { open: `<${MARK}${other}>`, close: `</${MARK}${other}>` },
    }),
  };
}

export const deepseekV32 = dsml('3.2', 'function_calls');
export const deepseekV4 = dsml('4', 'tool_calls');

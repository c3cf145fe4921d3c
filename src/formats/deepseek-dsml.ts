import type { ChatFormat } from './format.ts';
import { markupTools } from './shared/markup.ts';

const TOKEN = '｜DSML｜';

/** Names of the block that a version writes, and of the block of other versions that its models write too. */
interface Version {
  readonly version: string;
  readonly block: string;
  readonly other: string;
  /** Text between the token and the name of a tag. */
  readonly space?: string;
}

/**
 * DeepSeek V3.2 to V4.1: markup with `｜DSML｜` in each tag. Each parameter has an attribute for strings. The
 * versions differ in the name of the block, and in a space after `｜DSML｜`.
 */
function dsml({ version, block, other, space = '' }: Version): ChatFormat {
  const mark = TOKEN + space;
  return {
    name: `deepseek-v${version}`,
    recognises: (template) =>
      template.includes(TOKEN) &&
      new RegExp(`dsml_token \\+ '${space}${block}>|${mark}${block}>`).test(template),
    thinking: { open: '<think>', close: '</think>' },
    tools: markupTools({
      open: `<${mark}${block}>`,
      close: `</${mark}${block}>`,
      callOpen: `<${mark}invoke name="`,
      nameEnd: '">',
      parameters: {
        open: `<${mark}parameter name="`,
        nameEnds: [
          { mark: '" string="true">', kind: 'text' },
          { mark: '" string="false">', kind: 'json' },
        ],
        looseNameEnds: [{ mark: '">' }],
        layout: '',
        close: `</${mark}parameter>`,
        separator: '\n',
        end: `</${mark}invoke>`,
      },
      several: true,
      // Models of all versions leave out the block, or write that of another version.
      mayStartBare: true,
      otherTags: { open: `<${mark}${other}>`, close: `</${mark}${other}>` },
    }),
  };
}

export const deepseekV32 = dsml({ version: '3.2', block: 'function_calls', other: 'tool_calls' });
export const deepseekV4 = dsml({ version: '4', block: 'tool_calls', other: 'function_calls' });
export const deepseekV41 = dsml({
  version: '4.1',
  block: 'calls',
  other: 'tool_calls',
  space: ' ',
});

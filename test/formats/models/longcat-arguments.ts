import { CALLS, chatTemplate } from '../chat-template.ts';
import { PAIRS, THINKING, VALUE } from '../derived/own-templates.ts';
import type { ModelFixture } from '../model-fixture.ts';
import { markedArguments, writeOutputs } from '../written.ts';

const argument = (key: string, value: string) =>
  `<longcat_arg_key>${key}</longcat_arg_key>\n<longcat_arg_value>${value}</longcat_arg_value>\n`;

/** The later syntax of LongCat. */
export const model: ModelFixture = {
  sources: ['https://github.com/ml-explore/mlx-lm/blob/main/mlx_lm/tool_parsers/longcat.py'],
  format: 'derived',
  template: chatTemplate({
    turns: {
      system: ['SYSTEM:', ' '],
      user: ['[Round 0] USER:', ''],
      assistant: [' ASSISTANT:', '</longcat_s>'],
      tool: [' TOOL:', ' '],
    },
    tools: '## Tools {{ tools | tojson }}',
    thinking: THINKING('<longcat_think>\n', '\n</longcat_think>\n'),
    calls: `${CALLS}<longcat_tool_call>{{ f.name + "\n" }}${PAIRS}${argument('{{ k }}', VALUE)}{% endfor %}</longcat_tool_call>{{ "\n" }}{% endfor %}`,
  }),
  outputs: writeOutputs({
    calls: (calls) =>
      calls
        .map(
          (call) =>
            `<longcat_tool_call>${call.name}\n${markedArguments(call, argument)}</longcat_tool_call>`,
        )
        .join('\n'),
    thinking: (text) => `<longcat_think>\n${text}\n</longcat_think>\n`,
    lookalike: 'Put a name into <longcat_tool_call> and </longcat_tool_call>.',
  }),
  faults: {
    'wrong type': ['>3<', '>three<'],
    'missing required': [argument('city', 'Paris'), ''],
    'unknown tool': ['get_weather', 'get_wether'],
  },
};

import { CALLS, chatTemplate } from '../chat-template.ts';
import { PAIRS, THINKING, VALUE } from '../derived/own-templates.ts';
import type { ModelFixture } from '../model-fixture.ts';
import { markedArguments, writeOutputs } from '../written.ts';

const argument = (key: string, value: string) =>
  `<arg_key:opensource>${key}</arg_key:opensource>\n<arg_value:opensource>${value}</arg_value:opensource>\n`;

export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/tencent/Hy3-preview',
    'https://github.com/ggml-org/llama.cpp/blob/master/models/templates/tencent-Hy3.jinja',
    'https://github.com/vllm-project/vllm/blob/main/vllm/tool_parsers/hy_v3_tool_parser.py',
  ],
  format: 'derived',
  template: chatTemplate({
    turns: {
      system: ['<|hy_begin|>', ''],
      user: ['<|hy_User|>', ''],
      assistant: ['<|hy_Assistant|>', '<|hy_eos|>'],
      tool: ['<tool_responses:opensource>\n', '\n</tool_responses:opensource>'],
    },
    tools: '# Tools {{ tools | tojson }}',
    thinking: THINKING('<think:opensource>', '</think:opensource>'),
    calls: `<tool_calls:opensource>{{ "\n" }}${CALLS}<tool_call:opensource>{{ f.name }}<tool_sep:opensource>{{ "\n" }}${PAIRS}${argument('{{ k }}', VALUE)}{% endfor %}</tool_call:opensource>{{ "\n" }}{% endfor %}</tool_calls:opensource>`,
  }),
  outputs: writeOutputs({
    calls: (calls) =>
      `<tool_calls:opensource>\n${calls
        .map(
          (call) =>
            `<tool_call:opensource>${call.name}<tool_sep:opensource>\n${markedArguments(call, argument)}</tool_call:opensource>\n`,
        )
        .join('')}</tool_calls:opensource>`,
    thinking: (text) => `<think:opensource>${text}</think:opensource>`,
    lookalike: 'Put calls into <tool_calls:opensource> and </tool_calls:opensource>.',
  }),
  faults: {
    'wrong type': ['>3<', '>three<'],
    'missing required': [argument('city', 'Paris'), ''],
    'unknown tool': ['get_weather', 'get_wether'],
  },
};

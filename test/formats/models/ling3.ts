import { CALLS, chatTemplate } from '../chat-template.ts';
import { PAIRS, THINKING, VALUE } from '../derived/own-templates.ts';
import type { ModelFixture } from '../model-fixture.ts';
import { markedArguments, writeOutputs } from '../written.ts';

const END = '<|role_end|>';
const argument = (key: string, value: string) =>
  `\n<arg_key>${key}</arg_key>\n<arg_value>${value}</arg_value>`;

export const model: ModelFixture = {
  sources: [
    'https://github.com/ggml-org/llama.cpp/blob/master/models/templates/inclusionai-ling-3.0-flash.jinja',
    'https://github.com/vllm-project/vllm/blob/main/vllm/parser/ling3.py',
  ],
  format: 'glm-4.5',
  template: chatTemplate({
    turns: {
      system: ['<role>SYSTEM</role>', END],
      user: ['<role>HUMAN</role>', END],
      assistant: ['<role>ASSISTANT</role>', END],
      tool: ['<role>OBSERVATION</role>\n<tool_response>\n', `\n</tool_response>${END}`],
    },
    tools:
      '{{ tools | tojson }} Write <tool_call>{function-name}\n<arg_key>{arg-key}</arg_key>\n<arg_value>{arg-value}</arg_value>\n</tool_call>',
    thinking: THINKING('\n<think>', '</think>'),
    calls: `${CALLS}{% if m.content or not loop.first %}{{ "\n" }}{% endif %}<tool_call>{{ f.name }}${PAIRS}{{ "\n" }}<arg_key>{{ k }}</arg_key>{{ "\n" }}<arg_value>${VALUE}</arg_value>{% endfor %}{{ "\n" }}</tool_call>{% endfor %}`,
  }),
  outputs: writeOutputs({
    calls: (calls) =>
      calls
        .map((call) => `<tool_call>${call.name}${markedArguments(call, argument)}\n</tool_call>`)
        .join('\n'),
    text: (text, before) => (before === 'a call' ? `${text}\n` : text),
    thinking: (text) => `\n<think>${text}</think>\n`,
    lookalike: 'Put a name and <arg_key> into <tool_call> and </tool_call>.',
  }),
  faults: {
    'wrong type': ['>3<', '>three<'],
    'missing required': [argument('city', 'Paris'), ''],
    'unknown tool': ['get_weather', 'get_wether'],
  },
};

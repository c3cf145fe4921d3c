import { CALLS, chatTemplate } from '../chat-template.ts';
import { PAIRS, THINKING, VALUE } from '../derived/own-templates.ts';
import type { ModelFixture } from '../model-fixture.ts';
import { markedArguments, writeOutputs } from '../written.ts';

const NEXT = '<|eom|><|start|>assistant';
const argument = (key: string, value: string) =>
  `<atem:parameter name="${key}">${value}</atem:parameter>\n`;

export const model: ModelFixture = {
  sources: [
    'https://github.com/ggml-org/llama.cpp/blob/master/models/templates/muse-glimmer.jinja',
    'https://github.com/vllm-project/vllm/blob/main/vllm/tool_parsers/muse_glimmer_tool_parser.py',
  ],
  format: 'derived',
  template: chatTemplate({
    turns: {
      system: ['<|start|>system<|message|>', '<|eot|>'],
      user: ['<|start|>user<|message|>', '<|eot|>'],
      assistant: ['<|start|>assistant', '<|eot|>'],
      tool: ['<|start|>tool to=assistant<|message|>', '<|eot|>'],
    },
    tools: '{{ tools | tojson }}',
    thinking: THINKING(' to=self<|message|>', NEXT),
    text: ` to=user<|message|>{{ m.content }}{% if m.tool_calls %}${NEXT}{% endif %}`,
    calls: `${CALLS} to={{ f.name }}<|message|><atem:function_calls>{{ "\n" }}<atem:invoke name="{{ f.name }}">{{ "\n" }}${PAIRS}${argument('{{ k }}', VALUE)}{% endfor %}</atem:invoke>{{ "\n" }}</atem:function_calls>{% if not loop.last %}${NEXT}{% endif %}{% endfor %}`,
  }),
  outputs: writeOutputs({
    calls: (calls) =>
      calls
        .map(
          (call) =>
            ` to=${call.name}<|message|><atem:function_calls>\n<atem:invoke name="${call.name}">\n${markedArguments(call, argument)}</atem:invoke>\n</atem:function_calls>`,
        )
        .join(NEXT),
    text: (text, before) => ` to=user<|message|>${text}${before === 'a call' ? NEXT : ''}`,
    thinking: (text) => ` to=self<|message|>${text}${NEXT}`,
    lookalike: 'Calls are in <atem:function_calls>.',
  }),
  faults: {
    'wrong type': ['>3<', '>three<'],
    'missing required': [argument('city', 'Paris'), ''],
    'unknown tool': ['name="get_weather"', 'name="get_wether"'],
  },
};

import { CALLS, CHATML, chatTemplate } from '../chat-template.ts';
import { PAIRS, THINKING, VALUE } from '../derived/own-templates.ts';
import type { ModelFixture } from '../model-fixture.ts';
import { markedArguments, writeOutputs } from '../written.ts';

const argument = (key: string, value: string) => `<param name="${key}">${value}</param>`;

export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/openbmb/MiniCPM5-1B',
    'https://github.com/ggml-org/llama.cpp/blob/master/models/templates/openbmb-MiniCPM5-1B.jinja',
    'https://github.com/vllm-project/vllm/blob/main/vllm/tool_parsers/minicpm5xml_tool_parser.py',
  ],
  format: 'derived',
  template: chatTemplate({
    turns: CHATML,
    tools: '# Tools {{ tools | tojson }}',
    thinking: THINKING('<think>\n', '\n</think>\n\n'),
    calls: `${CALLS}<function name="{{ f.name }}">${PAIRS}${argument('{{ k }}', VALUE)}{% endfor %}</function>{% if not loop.last %}{{ "\n" }}{% endif %}{% endfor %}`,
  }),
  outputs: writeOutputs({
    calls: (calls) =>
      calls
        .map(
          (call) => `<function name="${call.name}">${markedArguments(call, argument)}</function>`,
        )
        .join('\n'),
    thinking: (text) => `<think>\n${text}\n</think>\n\n`,
    lookalike: [
      'Write <function name="tool"> and </function>.',
      '<function name="other"></function>',
    ],
  }),
  faults: {
    'wrong type': ['>3<', '>three<'],
    'missing required': [argument('city', 'Paris'), ''],
    'unknown tool': ['get_weather', 'get_wether'],
  },
};

import { CALLS, CHATML, chatTemplate } from '../chat-template.ts';
import { COMMA, PAIRS } from '../derived/own-templates.ts';
import type { ModelFixture } from '../model-fixture.ts';
import { pythonCall, writeOutputs } from '../written.ts';

export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/allenai/Olmo-3-7B-Instruct',
    'https://github.com/vllm-project/vllm/blob/main/tests/tool_parsers/test_olmo3_tool_parser.py',
  ],
  format: 'derived',
  template: chatTemplate({
    turns: { ...CHATML, tool: ['<|im_start|>environment\n', '<|im_end|>\n'] },
    tools: '<functions>{{ tools | tojson }}</functions>',
    calls: `<function_calls>${CALLS}{{ f.name }}(${PAIRS}{{ k }}={{ v | tojson }}${COMMA}{% endfor %}){% if not loop.last %}{{ "\n" }}{% endif %}{% endfor %}</function_calls>`,
  }),
  outputs: writeOutputs({
    calls: (calls) => `<function_calls>${calls.map(pythonCall).join('\n')}</function_calls>`,
    thinking: (text) => `<think>${text}</think>`,
    lookalike: [
      'Put calls into <function_calls> and </function_calls>.',
      '<function_calls>other(city="Paris")</function_calls>',
    ],
  }),
  faults: {
    'wrong type': ['days=3', 'days="three"'],
    'missing required': ['city="Paris", ', ''],
    'unknown tool': ['get_weather', 'get_wether'],
  },
};

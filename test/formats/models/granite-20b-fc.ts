import { CALLS, chatTemplate } from '../chat-template.ts';
import { OBJECT } from '../derived/own-templates.ts';
import type { ModelFixture } from '../model-fixture.ts';
import { JSON_FAULTS, jsonCall, writeOutputs } from '../written.ts';

export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/ibm-granite/granite-20b-functioncalling',
    'https://github.com/vllm-project/vllm/blob/main/examples/tool_chat_template_granite_20b_fc.jinja',
  ],
  format: 'derived',
  template: chatTemplate({
    turns: {
      system: ['SYSTEM: ', '\n'],
      user: ['\nUSER: ', ''],
      assistant: ['\nASSISTANT: ', '<|endoftext|>'],
      tool: ['\n<function_response> ', ''],
    },
    tools: '<|function_call_library|>{{ tools | tojson }}',
    calls: `${CALLS}<function_call> ${OBJECT}{% if not loop.last %}{{ "\n" }}{% endif %}{% endfor %}`,
  }),
  outputs: writeOutputs({
    calls: (calls) => calls.map((call) => `<function_call> ${jsonCall(call)}`).join('\n'),
    text: (text, before) => (before === 'a call' ? `${text}\n` : text),
    thinking: { leftOut: 'It does not support thinking.' },
    lookalike: [
      'Write <function_call> before {"name": "get_weather"}.',
      '<function_call> {"a": 1}',
    ],
  }),
  faults: JSON_FAULTS,
};

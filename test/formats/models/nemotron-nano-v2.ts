import { CALLS, chatTemplate } from '../chat-template.ts';
import { COMMA, OBJECT, THINKING } from '../derived/own-templates.ts';
import type { ModelFixture } from '../model-fixture.ts';
import { JSON_FAULTS, jsonCall, writeOutputs } from '../written.ts';

export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/nvidia/NVIDIA-Nemotron-Nano-9B-v2',
    'https://github.com/ggml-org/llama.cpp/blob/master/models/templates/NVIDIA-Nemotron-Nano-v2.jinja',
  ],
  format: 'derived',
  template: chatTemplate({
    turns: {
      system: ['<SPECIAL_10>System\n', '\n'],
      user: ['<SPECIAL_11>User\n', '\n'],
      assistant: ['<SPECIAL_11>Assistant\n', '\n<SPECIAL_12>\n'],
      tool: ['<SPECIAL_11>User\n<TOOL_RESPONSE>[', ']</TOOL_RESPONSE>\n'],
    },
    tools: '<AVAILABLE_TOOLS>{{ tools | tojson }}</AVAILABLE_TOOLS>',
    thinking: THINKING('<think>\n', '\n</think>\n\n'),
    calls: `<TOOLCALL>[${CALLS}${OBJECT}${COMMA}{% endfor %}]</TOOLCALL>`,
  }),
  outputs: writeOutputs({
    calls: (calls) => `<TOOLCALL>[${calls.map((call) => jsonCall(call)).join(', ')}]</TOOLCALL>`,
    thinking: (text) => `<think>\n${text}\n</think>\n\n`,
    lookalike: ['Put a list into <TOOLCALL> and </TOOLCALL>.', '<TOOLCALL>[]</TOOLCALL>'],
  }),
  faults: JSON_FAULTS,
};

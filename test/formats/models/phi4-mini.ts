import { CALLS, chatTemplate } from '../chat-template.ts';
import { COMMA, OBJECT } from '../derived/own-templates.ts';
import { fixture } from '../fixtures/firefunction.ts';
import type { ModelFixture } from '../model-fixture.ts';

export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/microsoft/Phi-4-mini-instruct',
    'https://github.com/vllm-project/vllm/blob/main/examples/tool_chat_template_phi4_mini.jinja',
  ],
  format: 'firefunction',
  template: chatTemplate({
    turns: {
      system: ['<|system|>\n', '<|end|>'],
      user: ['<|user|>\n', '<|end|>'],
      assistant: ['<|assistant|>', '<|end|>'],
      tool: ['<|tool|>\n', '<|end|>'],
    },
    tools: 'Write functools[{"name": [function name]}, ...] {{ tools | tojson }}',
    calls: `functools[${CALLS}${OBJECT}${COMMA}{% endfor %}]`,
  }),
  outputs: fixture.outputs,
  faults: fixture.faults,
};

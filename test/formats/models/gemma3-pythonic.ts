import { CALLS, chatTemplate } from '../chat-template.ts';
import { fixture } from '../fixtures/pythonic.ts';
import type { ModelFixture } from '../model-fixture.ts';

export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/google/gemma-3-27b-it',
    'https://github.com/vllm-project/vllm/blob/main/examples/tool_chat_template_gemma3_pythonic.jinja',
  ],
  format: 'pythonic',
  template: chatTemplate({
    turns: {
      system: ['<start_of_turn>user\n', '<end_of_turn>\n'],
      user: ['<start_of_turn>user\n', '<end_of_turn>\n'],
      assistant: ['<start_of_turn>model\n', '<end_of_turn>\n'],
      tool: ['<start_of_turn>user\n<tool_response>\n', '</tool_response><end_of_turn>\n'],
    },
    tools:
      'Write [func_name1(params_name1=params_value1), func_name2(params)] {{ tools | tojson }}',
    calls: `[${CALLS}{{ f.name }}({% for k in f.arguments %}{{ k }}={{ f.arguments[k] | tojson }}{% if not loop.last %}, {% endif %}{% endfor %}){% if not loop.last %}, {% endif %}{% endfor %}]`,
  }),
  outputs: fixture.outputs,
  faults: fixture.faults,
};

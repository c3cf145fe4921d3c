import { CALLS, chatTemplate } from '../chat-template.ts';
import { fixture } from '../fixtures/pythonic.ts';
import type { ModelFixture } from '../model-fixture.ts';

/** The template writes the strings of past calls without quotes. */
export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/Team-ACE/ToolACE-2-Llama-3.1-8B',
    'https://github.com/vllm-project/vllm/blob/main/examples/tool_chat_template_toolace.jinja',
  ],
  format: 'pythonic',
  template: chatTemplate({
    turns: {
      system: ['<|start_header_id|>system<|end_header_id|>\n\n', '<|eot_id|>'],
      user: ['<|start_header_id|>user<|end_header_id|>\n\n', '<|eot_id|>'],
      assistant: ['<|start_header_id|>assistant<|end_header_id|>\n\n', '<|eot_id|>'],
      tool: ['<|start_header_id|>ipython<|end_header_id|>\n\n', '<|eot_id|>'],
    },
    tools:
      'Write [func_name1(params_name1=params_value1), func_name2(params)] {{ tools | tojson }}',
    calls: `[${CALLS}{{ f.name }}({% for k in f.arguments %}{{ k }}={{ f.arguments[k] }}{% if not loop.last %}, {% endif %}{% endfor %}){% if not loop.last %}, {% endif %}{% endfor %}]`,
  }),
  outputs: fixture.outputs,
  faults: fixture.faults,
};

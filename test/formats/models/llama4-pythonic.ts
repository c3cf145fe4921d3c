import { CALLS, chatTemplate } from '../chat-template.ts';
import { fixture } from '../fixtures/pythonic.ts';
import type { ModelFixture } from '../model-fixture.ts';

/** The template writes all values of past calls in quotes. */
export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/meta-llama/Llama-4-Scout-17B-16E-Instruct',
    'https://github.com/vllm-project/vllm/blob/main/examples/tool_chat_template_llama4_pythonic.jinja',
  ],
  format: 'pythonic',
  template: chatTemplate({
    turns: {
      system: ['<|header_start|>system<|header_end|>\n\n', '<|eot|>'],
      user: ['<|header_start|>user<|header_end|>\n\n', '<|eot|>'],
      assistant: ['<|header_start|>assistant<|header_end|>\n\n', '<|eot|>'],
      tool: ['<|header_start|>ipython<|header_end|>\n\n', '<|eot|>'],
    },
    tools:
      'Write [func_name1(params_name1=params_value1), func_name2(params)] {{ tools | tojson }}',
    calls: `[${CALLS}{{ f.name }}({% for k in f.arguments %}{{ k }}="{{ f.arguments[k] }}"{% if not loop.last %}, {% endif %}{% endfor %}){% if not loop.last %}, {% endif %}{% endfor %}]`,
  }),
  outputs: fixture.outputs,
  faults: fixture.faults,
};

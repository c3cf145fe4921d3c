import { CALLS, chatTemplate } from '../chat-template.ts';
import { INPUT } from '../derived/own-templates.ts';
import { fixture } from '../fixtures/llama4.ts';
import type { ModelFixture } from '../model-fixture.ts';

export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/meta-llama/Llama-4-Scout-17B-16E-Instruct',
    'https://github.com/vllm-project/vllm/blob/main/examples/tool_chat_template_llama4_json.jinja',
  ],
  format: 'llama4',
  template: chatTemplate({
    turns: {
      system: ['<|header_start|>system<|header_end|>\n\n', '<|eot|>'],
      user: ['<|header_start|>user<|header_end|>\n\n', '<|eot|>'],
      assistant: ['<|header_start|>assistant<|header_end|>\n\n', '<|eot|>'],
      tool: ['<|header_start|>ipython<|header_end|>\n\n', '<|eot|>'],
    },
    tools: 'Write {"name": function, "parameters": arguments}: {{ tools | tojson }}',
    text: '{% if m.tool_calls %}<|python_start|>{{ m.content }}<|python_end|>{% else %}{{ m.content }}{% endif %}',
    calls: `${CALLS}{"name": "{{ f.name }}", "parameters": ${INPUT}}{% endfor %}`,
  }),
  outputs: fixture.outputs,
  faults: fixture.faults,
};

import { CALLS, chatTemplate } from '../chat-template.ts';
import { INPUT } from '../derived/own-templates.ts';
import { fixture } from '../fixtures/command-r7b.ts';
import type { ModelFixture } from '../model-fixture.ts';

export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/CohereLabs/command-a-reasoning-08-2025',
    'https://github.com/vllm-project/vllm/blob/main/vllm/parser/cohere_command.py',
  ],
  format: 'command-r7b',
  template: chatTemplate({
    turns: {
      system: ['<|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>', '<|END_OF_TURN_TOKEN|>'],
      user: ['<|START_OF_TURN_TOKEN|><|USER_TOKEN|>', '<|END_OF_TURN_TOKEN|>'],
      assistant: ['<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>', '<|END_OF_TURN_TOKEN|>'],
      tool: [
        '<|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|><|START_TOOL_RESULT|>',
        '<|END_TOOL_RESULT|><|END_OF_TURN_TOKEN|>',
      ],
    },
    tools: '## Available Tools {{ tools | tojson }}',
    thinking:
      '{% if m.tool_plan or m.reasoning_content %}<|START_THINKING|>{{ m.tool_plan or m.reasoning_content }}<|END_THINKING|>{% endif %}',
    text: '<|START_RESPONSE|>{{ m.content }}<|END_RESPONSE|>',
    calls: `<|START_ACTION|>[{{ "\n    " }}${CALLS}{"tool_call_id": "{{ loop.index0 }}", "tool_name": "{{ f.name }}", "parameters": ${INPUT}}{% if not loop.last %}{{ ",\n    " }}{% endif %}{% endfor %}{{ "\n" }}]<|END_ACTION|>`,
  }),
  outputs: fixture.outputs,
  faults: fixture.faults,
};

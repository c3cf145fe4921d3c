import { CALLS, chatTemplate } from '../chat-template.ts';
import { INPUT, THINKING } from '../derived/own-templates.ts';
import type { ModelFixture } from '../model-fixture.ts';
import { JSON_FAULTS, spacedJson, writeOutputs } from '../written.ts';

const NEXT = '<|end|><|begin|>assistant';
const call = (name: string, input: string, id: string) =>
  `<|tool_call:begin|>${id}<|tool_call:name|>${name}<|tool_call:args|>${input}<|tool_call:end|>`;

export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/upstage/Solar-Open-100B',
    'https://github.com/ggml-org/llama.cpp/blob/master/models/templates/upstage-Solar-Open-100B.jinja',
  ],
  format: 'derived',
  template: chatTemplate({
    turns: {
      system: ['<|begin|>system<|content|>', '<|end|>'],
      user: ['<|begin|>user<|content|>', '<|end|>'],
      assistant: ['<|begin|>assistant', '<|end|>'],
      tool: ['<|begin|>tool<|tool_response|>', '<|end|>'],
    },
    tools: '<|tools:begin|>{{ tools | tojson }}<|tools:end|>',
    thinking: THINKING('<|think|>', NEXT),
    text: `<|content|>{{ m.content }}{% if m.tool_calls %}${NEXT}{% endif %}`,
    calls: `<|tool_calls|>${CALLS}${call('{{ f.name }}', INPUT, '{{ call.id }}')}{% endfor %}`,
    callsEnd: '<|calls|>',
  }),
  outputs: writeOutputs({
    calls: (calls) =>
      `<|tool_calls|>${calls.map(({ name, input }) => call(name, spacedJson(input), 'a1b2c3d4e5')).join('')}`,
    text: (text, before) => `<|content|>${text}${before === 'a call' ? NEXT : ''}`,
    thinking: (text) => `<|think|>${text}${NEXT}`,
    lookalike: 'Calls begin with <|tool_call:begin|> and a name.',
  }),
  faults: JSON_FAULTS,
};

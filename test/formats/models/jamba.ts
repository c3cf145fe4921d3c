import { CALLS, chatTemplate } from '../chat-template.ts';
import { OBJECT } from '../derived/own-templates.ts';
import type { ModelFixture } from '../model-fixture.ts';
import { JSON_FAULTS, jsonCall, writeOutputs } from '../written.ts';

export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/ai21labs/AI21-Jamba-1.5-Mini',
    'https://github.com/vllm-project/vllm/blob/main/tests/tool_parsers/test_jamba_tool_parser.py',
  ],
  format: 'derived',
  template: chatTemplate({
    turns: {
      system: ['<|bom|><|system|> ', '<|eom|>'],
      user: ['<|bom|><|user|> ', '<|eom|>'],
      assistant: ['<|bom|><|assistant|>', '<|eom|>'],
      tool: ['<|bom|><|tool|> ', '<|eom|>'],
    },
    tools: '<tool_definitions>{{ tools | tojson }}</tool_definitions>',
    text: ' {{ m.content }}',
    calls: ` <tool_calls>[{{ "\n    " }}${CALLS}${OBJECT}{% if not loop.last %}{{ ",\n    " }}{% endif %}{% endfor %}{{ "\n" }}]</tool_calls>`,
  }),
  outputs: writeOutputs({
    calls: (calls) =>
      `<tool_calls>[\n    ${calls.map((call) => jsonCall(call)).join(',\n    ')}\n]</tool_calls>`,
    thinking: { leftOut: 'It does not support thinking.' },
    lookalike: ['Put a list into <tool_calls> and </tool_calls>.', '<tool_calls>[1]</tool_calls>'],
  }),
  faults: JSON_FAULTS,
};

import { CALLS, CHATML, chatTemplate } from '../chat-template.ts';
import { OBJECT, THINKING } from '../derived/own-templates.ts';
import type { ModelFixture } from '../model-fixture.ts';
import { JSON_FAULTS, jsonCall, writeOutputs } from '../written.ts';

export const model: ModelFixture = {
  sources: ['https://huggingface.co/tiiuae/Falcon-H1-1.5B-Instruct'],
  format: 'hermes',
  template: chatTemplate({
    turns: CHATML,
    tools:
      '<tools>{{ tools | tojson }}</tools> Write <tool_call>{"name": "n", "arguments": {}}</tool_call>',
    thinking: THINKING('<think>\n', '\n</think>\n\n'),
    calls: `${CALLS}<tool_call>{{ "\n" }}${OBJECT}{{ "\n" }}</tool_call>{% if not loop.last %}{{ "\n" }}{% endif %}{% endfor %}`,
  }),
  outputs: writeOutputs({
    calls: (calls) =>
      calls.map((call) => `<tool_call>\n${jsonCall(call)}\n</tool_call>`).join('\n'),
    text: (text, before) => (before === 'a call' ? `${text}\n` : text),
    thinking: (text) => `<think>\n${text}\n</think>\n\n`,
    lookalike: 'Put an object into <tool_call> and </tool_call>.',
  }),
  faults: JSON_FAULTS,
};

import { CALLS, chatTemplate } from '../chat-template.ts';
import { OBJECT, THINKING } from '../derived/own-templates.ts';
import type { ModelFixture } from '../model-fixture.ts';
import { JSON_FAULTS, jsonCall, writeOutputs } from '../written.ts';

export const model: ModelFixture = {
  sources: ['https://huggingface.co/LGAI-EXAONE/EXAONE-4.0-32B'],
  format: 'hermes',
  template: chatTemplate({
    turns: {
      system: ['[|system|]\n', '[|endofturn|]\n'],
      user: ['[|user|]\n', '[|endofturn|]\n'],
      assistant: ['[|assistant|]\n', '[|endofturn|]\n'],
      tool: ['[|tool|]\n', '[|endofturn|]\n'],
    },
    tools:
      '{{ tools | tojson }} Write <tool_call>{"name": function_name, "arguments": {}}</tool_call>',
    thinking: `${THINKING('<think>\n', '\n</think>\n\n')}{% if not m.reasoning_content %}{{ "<think>\n\n</think>\n\n" }}{% endif %}`,
    calls: `${CALLS}<tool_call>${OBJECT}</tool_call>{% if not loop.last %}{{ "\n" }}{% endif %}{% endfor %}`,
    result: '<tool_result>{{ {"result": m.content} | tojson }}</tool_result>',
    prompt: '<think>\n',
  }),
  outputs: writeOutputs({
    calls: (calls) => calls.map((call) => `<tool_call>${jsonCall(call)}</tool_call>`).join('\n'),
    text: (text, before) => (before === 'a call' ? `${text}\n` : text),
    thinking: (text) => `<think>\n${text}\n</think>\n\n`,
    lookalike: 'Put an object into <tool_call> and </tool_call>.',
  }),
  faults: JSON_FAULTS,
};

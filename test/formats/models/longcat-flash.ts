import { CALLS, chatTemplate } from '../chat-template.ts';
import { OBJECT, THINKING } from '../derived/own-templates.ts';
import type { ModelFixture } from '../model-fixture.ts';
import { JSON_FAULTS, jsonCall, writeOutputs } from '../written.ts';

export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/meituan-longcat/LongCat-Flash-Thinking',
    'https://github.com/vllm-project/vllm/blob/main/tests/tool_parsers/test_longcat_tool_parser.py',
  ],
  format: 'derived',
  template: chatTemplate({
    turns: {
      system: ['SYSTEM:', ' '],
      user: ['[Round 0] USER:', ''],
      assistant: [' ASSISTANT:', '</longcat_s>'],
      tool: [' TOOL:', ' '],
    },
    tools: '## Tools {{ tools | tojson }}',
    thinking: THINKING('<longcat_think>\n', '\n</longcat_think>\n'),
    calls: `${CALLS}<longcat_tool_call>{{ "\n" }}${OBJECT}{{ "\n" }}</longcat_tool_call>{% if not loop.last %}{{ "\n" }}{% endif %}{% endfor %}`,
  }),
  outputs: writeOutputs({
    calls: (calls) =>
      calls
        .map((call) => `<longcat_tool_call>\n${jsonCall(call)}\n</longcat_tool_call>`)
        .join('\n'),
    thinking: (text) => `<longcat_think>\n${text}\n</longcat_think>\n`,
    lookalike: 'Put an object into <longcat_tool_call> and </longcat_tool_call>.',
  }),
  faults: JSON_FAULTS,
};

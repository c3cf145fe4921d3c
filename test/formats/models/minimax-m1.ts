import { CALLS, chatTemplate } from '../chat-template.ts';
import { OBJECT, THINKING } from '../derived/own-templates.ts';
import type { ModelFixture } from '../model-fixture.ts';
import { JSON_FAULTS, jsonCall, writeOutputs } from '../written.ts';

const END = '<end_of_sentence>\n';

export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/MiniMaxAI/MiniMax-M1-80k/blob/main/docs/function_call_guide.md',
    'https://github.com/ggml-org/llama.cpp/blob/master/models/templates/MiniMax-M1.jinja',
  ],
  format: 'derived',
  template: chatTemplate({
    turns: {
      system: ['<beginning_of_sentence>system ai_setting=assistant\n', END],
      user: ['<beginning_of_sentence>user name=user\n', END],
      assistant: ['<beginning_of_sentence>ai name=assistant\n', END],
      tool: ['<beginning_of_sentence>tool name=tools\n', END],
    },
    tools: '{{ tools | tojson }}',
    thinking: THINKING('<think>\n', '\n</think>\n\n'),
    calls: `<tool_calls>{{ "\n" }}${CALLS}${OBJECT}{{ "\n" }}{% endfor %}</tool_calls>`,
  }),
  outputs: writeOutputs({
    calls: (calls) =>
      `<tool_calls>\n${calls.map((call) => `${jsonCall(call)}\n`).join('')}</tool_calls>`,
    thinking: (text) => `<think>\n${text}\n</think>\n\n`,
    lookalike: 'Put objects into <tool_calls> and </tool_calls>.',
  }),
  faults: JSON_FAULTS,
};

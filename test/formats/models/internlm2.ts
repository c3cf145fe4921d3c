import { CALLS, CHATML, chatTemplate } from '../chat-template.ts';
import { OBJECT } from '../derived/own-templates.ts';
import type { ModelFixture } from '../model-fixture.ts';
import { JSON_FAULTS, jsonCall, writeOutputs } from '../written.ts';

export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/internlm/internlm2_5-7b-chat',
    'https://github.com/vllm-project/vllm/blob/main/examples/tool_chat_template_internlm2_tool.jinja',
  ],
  format: 'derived',
  template: chatTemplate({
    turns: { ...CHATML, tool: ['<|im_start|>environment name=<|plugin|>\n', '<|im_end|>\n'] },
    tools: '<|plugin|>{{ tools | tojson }}',
    calls: `${CALLS}<|action_start|><|plugin|>{{ "\n" }}${OBJECT}<|action_end|>{% endfor %}`,
  }),
  outputs: writeOutputs({
    calls: (calls) =>
      calls.map((call) => `<|action_start|><|plugin|>\n${jsonCall(call)}<|action_end|>`).join(''),
    thinking: { leftOut: 'It does not support thinking.' },
    lookalike: 'Calls begin with <|action_start|> and end with <|action_end|>.',
  }),
  faults: JSON_FAULTS,
};

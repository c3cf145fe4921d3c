import { CALLS, CHATML, chatTemplate } from '../chat-template.ts';
import { COMMA, OBJECT } from '../derived/own-templates.ts';
import type { ModelFixture } from '../model-fixture.ts';
import { JSON_FAULTS, jsonCall, writeOutputs } from '../written.ts';

const outputs = writeOutputs({
  calls: (calls) => `[${calls.map((call) => jsonCall(call)).join(', ')}]`,
  thinking: { leftOut: 'It does not support thinking.' },
  lookalike: ['[{"name": "Ada", "arguments": {}}]', '[1, 2]', 'Write [{"name": "get_weather"}].'],
});

export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/Salesforce/Llama-xLAM-2-8b-fc-r',
    'https://github.com/vllm-project/vllm/blob/main/examples/tool_chat_template_xlam_qwen.jinja',
  ],
  format: 'derived',
  template: chatTemplate({
    turns: CHATML,
    tools: 'Write calls as a JSON list: {{ tools | tojson }}',
    calls: `[${CALLS}${OBJECT}${COMMA}{% endfor %}]`,
  }),
  outputs: {
    ...outputs,
    'text + call': { leftOut: 'Calls have no mark, so they are the whole answer.' },
  },
  faults: {
    ...JSON_FAULTS,
    'wrong type': ['"days": 2', '"days": "two"'],
    'missing required': ['"city": "Rome", ', ''],
  },
};

import { CALLS, CHATML, chatTemplate } from '../chat-template.ts';
import { COMMA, OBJECT } from '../derived/own-templates.ts';
import type { ModelFixture } from '../model-fixture.ts';
import type { ScenarioName } from '../scenarios.ts';
import { JSON_FAULTS, jsonCall, writeOutputs } from '../written.ts';

const write = (before: string, after: string) =>
  writeOutputs({
    calls: (calls) => `${before}[${calls.map((call) => jsonCall(call)).join(', ')}]${after}`,
    thinking: { leftOut: 'It does not support thinking.' },
    lookalike: ['[{"name": "Ada", "arguments": {}}]', '[1, 2]', 'Write [{"name": "get_weather"}].'],
  });

const outputs = write('', '');
const marked = [
  write('[TOOL_CALLS]', ''),
  write('<tool_call>\n', '\n</tool_call>'),
  write('```json\n', '\n```'),
];
const ways = (scenario: ScenarioName) =>
  [outputs, ...marked].map((one) => one[scenario]).filter((way) => typeof way === 'string');

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
    'two calls': ways('two calls'),
    'nested arguments': ways('nested arguments'),
    'no arguments': ways('no arguments'),
    'text + call': { leftOut: 'Calls have no mark, so they are the whole answer.' },
  },
  faults: {
    ...JSON_FAULTS,
    'wrong type': ['"days": 2', '"days": "two"'],
    'missing required': ['"city": "Rome", ', ''],
  },
};

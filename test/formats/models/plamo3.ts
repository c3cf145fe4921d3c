import { CALLS, chatTemplate } from '../chat-template.ts';
import { INPUT, THINKING } from '../derived/own-templates.ts';
import type { ModelFixture } from '../model-fixture.ts';
import { spacedJson, writeOutputs } from '../written.ts';
import { JSON_FAULTS } from '../written.ts';

const begin = (block: string) => `<|plamo:begin_${block}:plamo|>`;
const end = (block: string) => `<|plamo:end_${block}:plamo|>`;
const inside = (block: string, text: string) => begin(block) + text + end(block);
const request = (name: string, input: string) =>
  inside(
    'tool_request',
    inside('tool_name', name) +
      inside('tool_arguments', `<|plamo:constrain|>json<|plamo:msg|>${input}`),
  );
const TAG = '<|plamo:tag|>';

export const model: ModelFixture = {
  sources: ['https://github.com/vllm-project/vllm/blob/main/vllm/parser/plamo3.py'],
  format: 'derived',
  template: chatTemplate({
    turns: {
      system: [`${TAG}system\n`, '\n'],
      user: [`${TAG}user\n`, '\n'],
      assistant: [`${TAG}assistant\n`, TAG],
      tool: [`${TAG}tool\n`, '\n'],
    },
    tools: '{{ tools | tojson }}',
    thinking: THINKING(begin('think'), end('think')),
    calls: `${begin('tool_requests')}${CALLS}${request('{{ f.name }}', INPUT)}{% endfor %}${end('tool_requests')}`,
  }),
  outputs: writeOutputs({
    calls: (calls) =>
      inside(
        'tool_requests',
        calls.map(({ name, input }) => request(name, spacedJson(input))).join(''),
      ),
    thinking: (text) => inside('think', text),
    lookalike: `Calls are between ${begin('tool_requests')} and ${end('tool_requests')}.`,
  }),
  faults: JSON_FAULTS,
};

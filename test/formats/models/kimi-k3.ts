import { CALLS, chatTemplate } from '../chat-template.ts';
import { PAIRS, VALUE } from '../derived/own-templates.ts';
import type { ModelFixture } from '../model-fixture.ts';
import { markedArguments, writeOutputs } from '../written.ts';
import type { Writer } from '../written.ts';

const argument = (key: string, value: string, type: string) =>
  `<|open|>argument key="${key}" type="${type}"<|sep|>${value}<|close|>argument<|sep|>`;
const TYPE =
  '{% if v is string %}string{% elif v is boolean %}boolean{% elif v is number %}number{% elif v is mapping %}object{% else %}array{% endif %}';
const END = '<|close|>message<|sep|>';

const writer: Writer = {
  calls: (calls) =>
    `<|open|>tools<|sep|>${calls
      .map(
        (call, index) =>
          `<|open|>call tool="${call.name}" index="${index + 1}"<|sep|>${markedArguments(call, argument)}<|close|>call<|sep|>`,
      )
      .join('')}<|close|>tools<|sep|>`,
  text: (text, before) =>
    `<|open|>response<|sep|>${text}<|close|>response<|sep|>${before === 'a call' ? '' : END}`,
  thinking: (text) => `<|open|>think<|sep|>${text}<|close|>think<|sep|>`,
  lookalike: 'Calls are in <|open|>tools.',
};

const two = writer.calls([
  { name: 'get_weather', input: { city: 'Paris' } },
  { name: 'get_weather', input: { city: 'Rome', days: 2 } },
]);

export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/moonshotai/Kimi-K3',
    'https://github.com/ggml-org/llama.cpp/blob/master/models/templates/Kimi-K3.jinja',
    'https://github.com/vllm-project/vllm/blob/main/vllm/tool_parsers/kimi_k3_tool_parser.py',
  ],
  format: 'derived',
  template: chatTemplate({
    turns: {
      system: ['<|open|>message role="system"<|sep|>', `${END}<|end_of_msg|>`],
      user: ['<|open|>message role="user"<|sep|>', `${END}<|end_of_msg|>`],
      assistant: ['<|open|>message role="assistant"<|sep|>', `${END}<|end_of_msg|>`],
      tool: ['<|open|>message role="tool"<|sep|>', `${END}<|end_of_msg|>`],
    },
    tools: '{{ tools | tojson }}',
    thinking: '<|open|>think<|sep|>{{ m.reasoning_content }}<|close|>think<|sep|>',
    text: '<|open|>response<|sep|>{{ m.content }}<|close|>response<|sep|>',
    calls: `<|open|>tools<|sep|>${CALLS}<|open|>call tool="{{ f.name }}" index="{{ loop.index }}"<|sep|>${PAIRS}${argument('{{ k }}', VALUE, TYPE)}{% endfor %}<|close|>call<|sep|>{% endfor %}<|close|>tools<|sep|>`,
  }),
  outputs: { ...writeOutputs(writer), 'two calls': [two, `${two}${END}`] },
  faults: {
    'wrong type': ['>3<', '>three<'],
    'missing required': [argument('city', 'Paris', 'string'), ''],
    'unknown tool': ['get_weather', 'get_wether'],
  },
};

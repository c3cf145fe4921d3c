import { CALLS, chatTemplate } from '../chat-template.ts';
import { THINKING } from '../derived/own-templates.ts';
import type { ModelFixture } from '../model-fixture.ts';
import { writeOutputs } from '../written.ts';
import type { WrittenCall } from '../written.ts';
import { isJsonArray, isRecord } from '../../../src/core/json.ts';
import type { JsonValue } from '../../../src/core/json.ts';

/** Mark of the namespace before each tag. */
const NS = ']<]minimax[>[';

function tagged(name: string, value: JsonValue): string {
  return `${NS}<${name}>${written(value)}${NS}</${name}>`;
}

function written(value: JsonValue): string {
  if (isJsonArray(value)) return value.map((item) => tagged('item', item)).join('');
  if (!isRecord(value)) return typeof value === 'string' ? value : JSON.stringify(value);
  return Object.entries(value)
    .map(([key, item]) => tagged(key, item))
    .join('');
}

const call = ({ name, input }: WrittenCall) =>
  `${NS}<invoke name="${name}">${written(input)}${NS}</invoke>\n`;

/** Macro that writes a value as `written` does. */
const MACRO = `{% macro w(v) %}{% if v is mapping %}{% for k, x in v | items %}${NS}<{{ k }}>{{ w(x) }}${NS}</{{ k }}>{% endfor %}{% elif v is iterable and v is not string %}{% for x in v %}${NS}<item>{{ w(x) }}${NS}</item>{% endfor %}{% elif v is string %}{{ v }}{% else %}{{ v | tojson }}{% endif %}{% endmacro %}`;

export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/MiniMaxAI/MiniMax-M3',
    'https://github.com/ggml-org/llama.cpp/blob/master/models/templates/MiniMax-M3.jinja',
    'https://github.com/vllm-project/vllm/blob/main/vllm/parser/minimax_m3.py',
  ],
  format: 'derived',
  template:
    MACRO +
    chatTemplate({
      turns: {
        system: [']~b]system\n', '[e~[\n'],
        user: [']~b]user\n', '[e~[\n'],
        assistant: [']~b]ai\n', '[e~[\n'],
        tool: [']~b]tool\n<response>', '</response>[e~[\n'],
      },
      tools: '<tools>{{ tools | tojson }}</tools>',
      thinking: THINKING('<mm:think>', '</mm:think>'),
      calls: `${NS}<tool_call>{{ "\n" }}${CALLS}${NS}<invoke name="{{ f.name }}">{{ w(f.arguments) }}${NS}</invoke>{{ "\n" }}{% endfor %}${NS}</tool_call>`,
    }),
  outputs: writeOutputs({
    calls: (calls) => `${NS}<tool_call>\n${calls.map(call).join('')}${NS}</tool_call>`,
    thinking: (text) => `<mm:think>${text}</mm:think>`,
    lookalike: 'Write <invoke name="tool"> between <tool_call> and </tool_call>.',
  }),
  faults: {
    'wrong type': ['>3]', '>three]'],
    'missing required': [tagged('city', 'Paris'), ''],
    'unknown tool': ['get_weather', 'get_wether'],
  },
};

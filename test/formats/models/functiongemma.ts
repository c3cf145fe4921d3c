import { CALLS, chatTemplate } from '../chat-template.ts';
import type { ModelFixture } from '../model-fixture.ts';
import { writeOutputs } from '../written.ts';
import type { WrittenCall } from '../written.ts';
import { isRecord } from '../../../src/core/json.ts';
import type { JsonValue } from '../../../src/core/json.ts';

const QUOTE = '<escape>';

/** Writes a value, with keys in alphabetical order as in the template. */
function written(value: JsonValue): string {
  if (typeof value === 'string') return QUOTE + value + QUOTE;
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  return `{${Object.entries(value)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, item]) => `${key}:${written(item)}`)
    .join(',')}}`;
}

const call = ({ name, input }: WrittenCall) =>
  `<start_function_call>call:${name}${written(input)}<end_function_call>`;

/** Macro that writes a value as `written` does. */
const MACRO = `{% macro w(v) %}{% if v is string %}${QUOTE}{{ v }}${QUOTE}{% elif v is mapping %}{ {%- for k, x in v | dictsort %}{{ k }}:{{ w(x) }}{% if not loop.last %},{% endif %}{% endfor -%} }{% elif v is iterable %}[{% for x in v %}{{ w(x) }}{% if not loop.last %},{% endif %}{% endfor %}]{% else %}{{ v | tojson }}{% endif %}{% endmacro %}`;

export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/google/functiongemma-270m-it',
    'https://github.com/ollama/ollama/blob/main/model/renderers/functiongemma.go',
    'https://github.com/vllm-project/vllm/blob/main/tests/tool_parsers/test_functiongemma_tool_parser.py',
  ],
  format: 'derived',
  template:
    MACRO +
    chatTemplate({
      turns: {
        system: ['<start_of_turn>developer\n', '<end_of_turn>\n'],
        user: ['<start_of_turn>user\n', '<end_of_turn>\n'],
        assistant: ['<start_of_turn>model\n', '<end_of_turn>\n'],
        tool: ['<start_function_response>response:', '<end_function_response>'],
      },
      tools:
        '{% for tool in tools %}<start_function_declaration>declaration:{{ tool.function | tojson }}<end_function_declaration>{% endfor %}',
      calls: `${CALLS}<start_function_call>call:{{ f.name }}{{ w(f.arguments) }}<end_function_call>{% endfor %}`,
      callsEnd: '',
      result: `{{ m.name }}{value:${QUOTE}{{ m.content }}${QUOTE}}`,
    }),
  outputs: writeOutputs({
    calls: (calls) => calls.map(call).join(''),
    thinking: { leftOut: 'It does not support thinking.' },
    lookalike: 'Calls begin with <start_function_call> and end with <end_function_call>.',
  }),
  faults: {
    'wrong type': ['days:3', `days:${QUOTE}three${QUOTE}`],
    'missing required': [`city:${QUOTE}Paris${QUOTE},`, ''],
    'unknown tool': ['get_weather', 'get_wether'],
  },
};

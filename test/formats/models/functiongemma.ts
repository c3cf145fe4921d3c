import { CALLS, chatTemplate } from '../chat-template.ts';
import { fixture } from '../fixtures/functiongemma.ts';
import type { ModelFixture } from '../model-fixture.ts';

const QUOTE = '<escape>';

/** Macro that writes a value as models do. */
const MACRO = `{% macro w(v) %}{% if v is string %}${QUOTE}{{ v }}${QUOTE}{% elif v is mapping %}{ {%- for k, x in v | dictsort %}{{ k }}:{{ w(x) }}{% if not loop.last %},{% endif %}{% endfor -%} }{% elif v is iterable %}[{% for x in v %}{{ w(x) }}{% if not loop.last %},{% endif %}{% endfor %}]{% else %}{{ v | tojson }}{% endif %}{% endmacro %}`;

export const model: ModelFixture = {
  sources: [
    'https://huggingface.co/google/functiongemma-270m-it',
    'https://github.com/ollama/ollama/blob/main/model/renderers/functiongemma.go',
    'https://github.com/vllm-project/vllm/blob/main/tests/tool_parsers/test_functiongemma_tool_parser.py',
  ],
  format: 'functiongemma',
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
  outputs: fixture.outputs,
  faults: fixture.faults,
};

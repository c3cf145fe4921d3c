/** Parts of a short template of our own, in Jinja. */
interface Parts {
  /** All calls of a message `m`. */
  readonly calls: string;
  readonly text?: string;
  readonly thinking?: string;
  /** End of a turn of calls. */
  readonly end?: string;
  /** Text before the end of each turn. */
  readonly before?: string;
  readonly result?: string;
}

const EACH = '{%- for call in m.tool_calls %}{% set f = call.function %}';

function template({
  calls,
  text = '{{ m.content }}',
  thinking = '',
  end = '<|end|>',
  before = '',
  result = '<|tool|>{{ m.content }}<|end|>',
}: Parts) {
  return `{%- if tools %}<|tools|>{{ tools | tojson }}<|end|>{% endif -%}
{%- for m in messages -%}
{%- if m.role == 'assistant' -%}<|model|>${thinking}
{%- if m.content %}${text}{% endif -%}
{%- if m.tool_calls %}${calls}${before}${end}{% else %}${before}<|end|>{% endif -%}
{%- elif m.role == 'tool' -%}${result}
{%- else -%}<|{{ m.role }}|>{{ m.content }}<|end|>{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt %}<|model|>{% endif -%}`;
}

export const INPUT = '{{ f.arguments | tojson }}';
export const OBJECT = `{"name": "{{ f.name }}", "arguments": ${INPUT}}`;
export const COMMA = '{% if not loop.last %}, {% endif %}';
export const VALUE = '{{ v if v is string else v | tojson }}';
export const PAIRS = '{% for k, v in f.arguments | items %}';
export const THINKING = (open: string, close: string) =>
  `{% if m.reasoning_content %}${open}{{ m.reasoning_content }}${close}{% endif %}`;

/** A template for each layout of calls, by its name. */
export const OWN_TEMPLATES: Readonly<Record<string, string>> = {
  'objects in tags': template({
    calls: `${EACH}<call>\n${OBJECT}\n</call>{% endfor %}`,
    thinking: THINKING('<thoughts>', '</thoughts>'),
  }),
  'a list in a section': template({
    calls: `<|calls|>[${EACH}{"id": "{{ call.id }}", "tool": "{{ f.name }}", "input": ${INPUT}}${COMMA}{% endfor %}]<|/calls|>`,
    end: '<|wait|>',
  }),
  'objects on lines': template({
    calls: `<calls>\n${EACH}${OBJECT}\n{% endfor %}</calls>`,
  }),
  'wrapped objects': template({
    calls: `${EACH}<call>{"type": "function", "function": ${OBJECT}}</call>{% endfor %}`,
  }),
  'arguments before names': template({
    calls: `${EACH}<call>{"arguments": ${INPUT}, "name": "{{ f.name }}"}</call>{% endfor %}`,
  }),
  'names in the marks of calls': template({
    calls: `${EACH}<call:{{ f.name }}>${INPUT}</call:{{ f.name }}>{% endfor %}`,
  }),
  'names as marks of calls': template({
    calls: `${EACH}<use><{{ f.name }}>\n${PAIRS}<{{ k }}>${VALUE}</{{ k }}>\n{% endfor %}</{{ f.name }}></use>\n{% endfor %}`,
  }),
  'marks without angle brackets': template({
    calls: `${EACH}【call】{{ f.name }}【input】${INPUT}【/call】{% endfor %}`,
  }),
  'marks of doubled signs': template({
    calls: `${EACH}@@tool {{ f.name }}\n${INPUT}\n@@end\n{% endfor %}`,
  }),
  'names as keys': template({
    calls: `<|calls|>[${EACH}{"{{ f.name }}": ${INPUT}}${COMMA}{% endfor %}]`,
    text: '<|answer|>{{ m.content }}<|/answer|>',
  }),
  'names, ids and JSON': template({
    calls: `<|calls|>${EACH}<|call|>{{ call.id }}<|name|>{{ f.name }}<|input|>${INPUT}<|/call|>{% endfor %}<|done|>`,
    text: '<|say|>{{ m.content }}',
    thinking: THINKING('<|think|>', '<|end|><|model|>'),
  }),
  'numbered names': template({
    calls: `<|calls|>${EACH}<|call|>functions.{{ f.name }}:{{ loop.index0 }}<|input|>${INPUT}<|/call|>{% endfor %}<|/calls|>`,
  }),
  'JSON in a fence': template({
    calls: `<|calls|>${EACH}<|call|>{{ f.name }}\n\`\`\`json\n${INPUT}\n\`\`\`<|/call|>\n{% endfor %}<|/calls|>`,
  }),
  'units of tokens': template({
    calls: `<|open|>tools<|sep|>${EACH}<|open|>call tool="{{ f.name }}" index="{{ loop.index }}"<|sep|>${PAIRS}<|open|>argument key="{{ k }}" type="{{ 'string' if v is string else 'json' }}"<|sep|>${VALUE}<|close|>argument<|sep|>{% endfor %}<|close|>call<|sep|>{% endfor %}<|close|>tools<|sep|>`,
    text: '<|open|>response<|sep|>{{ m.content }}<|close|>response<|sep|>',
    thinking: `<|open|>think<|sep|>{{ m.reasoning_content }}<|close|>think<|sep|>`,
    before: '<|close|>message<|sep|>',
  }),
  'values on lines': template({
    calls: `${EACH}<call>\n<function={{ f.name }}>\n${PAIRS}<parameter={{ k }}>\n${VALUE}\n</parameter>\n{% endfor %}</function>\n</call>{% endfor %}`,
  }),
  'keys and values': template({
    calls: `<calls>\n${EACH}<call>{{ f.name }}<sep>\n${PAIRS}<key>{{ k }}</key>\n<value>${VALUE}</value>\n{% endfor %}</call>\n{% endfor %}</calls>`,
  }),
  'names in closing marks': template({
    calls: `<calls>${EACH}<invoke name="{{ f.name }}">${PAIRS}<{{ k }}>${VALUE}</{{ k }}>{% endfor %}</invoke>{% endfor %}</calls>`,
  }),
  'JSON values in marks': template({
    calls: `${EACH}<do n="{{ f.name }}">${PAIRS}<p n="{{ k }}">{{ v | tojson }}</p>{% endfor %}</do>{% endfor %}`,
  }),
  'marks around texts only': template({
    calls: `${EACH}<do n="{{ f.name }}">${PAIRS}<p n="{{ k }}">{% if v is string %}<![TEXT[{{ v }}]]>{% else %}{{ v | tojson }}{% endif %}</p>{% endfor %}</do>{% endfor %}`,
  }),
  'JSON values without closing marks': template({
    calls: `${EACH}<|call|>{{ f.name }}${PAIRS}<|key|>{{ k }}<|value|>{{ v | tojson }}{% endfor %}<|/call|>{% endfor %}`,
  }),
  'texts without closing marks': template({
    calls: `${EACH}<|call|>{{ f.name }}${PAIRS}<|key|>{{ k }}<|value|>${VALUE}{% endfor %}<|/call|>{% endfor %}`,
  }),
  attributes: template({
    calls: `${EACH}<|call|>{{ f.name }}${PAIRS} {{ k }}={{ v | tojson }}{% endfor %}<|/call|>{% endfor %}`,
  }),
  'keys with colons': template({
    calls: `${EACH}<|call|>{{ f.name }}(${PAIRS}{{ k }}: {{ v | tojson }}${COMMA}{% endfor %})<|/call|>{% endfor %}`,
  }),
  'a list of arguments': template({
    calls: `${EACH}<call>{"name": "{{ f.name }}", "parameters": [${PAIRS}{"name": "{{ k }}", "value": {{ v | tojson }}}${COMMA}{% endfor %}]}</call>{% endfor %}`,
  }),
  'arguments beside the name': template({
    calls: `${EACH}<call>{"tool": "{{ f.name }}"${PAIRS}, "{{ k }}": {{ v | tojson }}{% endfor %}}</call>{% endfor %}`,
  }),
  'Python calls': template({
    calls: `<|calls|>[${EACH}{{ f.name }}(${PAIRS}{{ k }}={{ v | tojson }}${COMMA}{% endfor %})${COMMA}{% endfor %}]<|/calls|>`,
  }),
  'bare Python calls': template({
    calls: `[${EACH}{{ f.name }}(${PAIRS}{{ k }}={{ v | tojson }}${COMMA}{% endfor %})${COMMA}{% endfor %}]`,
  }),
  'bare objects': template({
    calls: `${EACH}${OBJECT}{% if not loop.last %}; {% endif %}{% endfor %}`,
  }),
  'bare objects on lines': template({
    calls: `${EACH}${OBJECT}\n{% endfor %}`,
  }),
  'bare objects side by side': template({
    calls: `${EACH}${OBJECT}{% endfor %}`,
  }),
  recipients: template({
    calls: `${EACH} to={{ f.name }}<|message|>${INPUT}{% if not loop.last %}<|next|><|model|>{% endif %}{% endfor %}`,
    text: ' to=user<|message|>{{ m.content }}{% if m.tool_calls %}<|next|><|model|>{% endif %}',
  }),
};

/** Tokens that a published template writes around calls of its own tools only. */
const NAMED = "{% if false %}{{ '<|python_start|>' + '<|python_end|>' }}{% endif %}";

/** Short templates for families none of whose published templates in the test folder writes calls. */
export const OWN_FAMILY_TEMPLATES: Readonly<Record<string, string>> = {
  minimax: template({
    calls: `\n<minimax:tool_call>\n${EACH}<invoke name="{{ f.name }}">\n${PAIRS}<parameter name="{{ k }}">${VALUE}</parameter>\n{% endfor %}</invoke>\n{% endfor %}</minimax:tool_call>`,
    thinking: THINKING('<think>\n', '\n</think>\n\n'),
  }),
  lfm2: template({
    calls: `<|tool_call_start|>[${EACH}{{ f.name }}(${PAIRS}{{ k }}={{ v | tojson }}${COMMA}{% endfor %})${COMMA}{% endfor %}]<|tool_call_end|>`,
    thinking: THINKING('<think>', '</think>'),
  }),
  ernie: template({
    calls: `${EACH}<tool_call>\n${OBJECT}\n</tool_call>\n{% endfor %}`,
    text: '<response>\n{{ m.content }}\n</response>\n',
    thinking: THINKING('<think>\n', '\n</think>\n\n'),
  }),
  hunyuan: template({
    calls: `<tool_calls>[${EACH}${OBJECT}${COMMA}{% endfor %}]</tool_calls>`,
    text: '{% if m.tool_calls %}{{ m.content }}{% else %}<answer>\n{{ m.content }}\n</answer>{% endif %}',
    thinking: THINKING('<think>\n', '\n</think>\n'),
  }),
  'deepseek-v4.1': template({
    calls: `<｜DSML｜ calls>\n${EACH}<｜DSML｜ invoke name="{{ f.name }}">\n${PAIRS}<｜DSML｜ parameter name="{{ k }}" string="{{ 'true' if v is string else 'false' }}">${VALUE}</｜DSML｜ parameter>\n{% endfor %}</｜DSML｜ invoke>\n{% endfor %}</｜DSML｜ calls>`,
    thinking: THINKING('<think>', '</think>\n\n'),
  }),
  llama4: template({
    calls: `${NAMED}${EACH}{"name": "{{ f.name }}", "parameters": ${INPUT}}{% if not loop.last %}; {% endif %}{% endfor %}`,
  }),
  pythonic: template({
    calls: `${NAMED}[${EACH}{{ f.name }}(${PAIRS}{{ k }}={{ v | tojson }}${COMMA}{% endfor %})${COMMA}{% endfor %}]`,
  }),
  functiongemma: template({
    calls: `${EACH}<start_function_call>call:{{ f.name }}{{ '{' }}${PAIRS}{{ k }}:{% if v is string %}<escape>{{ v }}<escape>{% else %}{{ v | tojson }}{% endif %}{% if not loop.last %},{% endif %}{% endfor %}{{ '}' }}<end_function_call>{% endfor %}`,
    // The result is a part of the turn, so that models begin it.
    end: "{% if loop.last or messages[loop.index].role != 'tool' %}<|end|>{% endif %}",
    result: '<start_function_response>{{ m.content }}<end_function_response>',
  }),
};

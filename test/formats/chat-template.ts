/** Parts of a short chat template of our own, in Jinja. The message is `m`, its calls are `m.tool_calls`. */
interface ChatTemplateParts {
  /** Texts around a turn of each role. */
  readonly turns: Readonly<Record<'system' | 'user' | 'assistant' | 'tool', Around>>;
  /** Section that lists the tools, and teaches the calls if the family's template does. */
  readonly tools: string;
  readonly thinking?: string;
  readonly text?: string;
  readonly calls: string;
  /** End of a turn of calls, if it is another one. */
  readonly callsEnd?: string;
  readonly result?: string;
  /** Text after the beginning of a turn at the end of a prompt. */
  readonly prompt?: string;
}

type Around = readonly [open: string, close: string];

/** Turns of ChatML, with results in turns of the user. */
export const CHATML: ChatTemplateParts['turns'] = {
  system: ['<|im_start|>system\n', '<|im_end|>\n'],
  user: ['<|im_start|>user\n', '<|im_end|>\n'],
  assistant: ['<|im_start|>assistant\n', '<|im_end|>\n'],
  tool: ['<|im_start|>user\n<tool_response>\n', '\n</tool_response><|im_end|>\n'],
};

/** Beginning of a loop over the calls of a message; `f` is the function of a call. */
export const CALLS = '{% for call in m.tool_calls %}{% set f = call.function %}';

/** Writes a template of a family's marks. It has no white space of its own. */
export function chatTemplate({
  turns,
  tools,
  thinking = '',
  text = '{{ m.content }}',
  calls,
  callsEnd = turns.assistant[1],
  result = '{{ m.content }}',
  prompt = '',
}: ChatTemplateParts): string {
  const [open, close] = turns.assistant;
  const system = around(
    turns.system,
    `{% if messages[0].role == 'system' %}{{ messages[0].content }}{% endif %}{% if tools %}${tools}{% endif %}`,
  );
  const model = `${printed(open)}${thinking}{% if m.content %}${text}{% endif %}{% if m.tool_calls %}${calls}${printed(callsEnd)}{% else %}${printed(close)}{% endif %}`;
  return [
    `{% if tools or messages[0].role == 'system' %}${system}{% endif %}`,
    '{% for m in messages %}',
    `{% if m.role == 'user' %}${around(turns.user, '{{ m.content }}')}`,
    `{% elif m.role == 'assistant' %}${model}`,
    `{% elif m.role == 'tool' %}${around(turns.tool, result)}`,
    '{% endif %}{% endfor %}',
    `{% if add_generation_prompt %}${printed(open)}${printed(prompt)}{% endif %}`,
  ].join('');
}

function around([open, close]: Around, inside: string): string {
  return `${printed(open)}${inside}${printed(close)}`;
}

/** Jinja that prints a text with its white space. */
function printed(text: string): string {
  return text === '' ? '' : `{{ ${JSON.stringify(text)} }}`;
}

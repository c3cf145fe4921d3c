import { Template } from '@huggingface/jinja';
import { chooseFormat } from '../../src/chat/formats/choose.ts';
import { ControlTokens } from '../../src/chat/control-tokens.ts';
import type { ChatTemplate } from '../../src/chat/render.ts';
import { probeTemplate } from '../../src/chat/traits.ts';

/** Short templates of our own, each with one habit of real ones. */
export const TEMPLATES = {
  /** ChatML that takes a system message anywhere, has tools, and switches thinking. */
  chatml: `{%- if tools %}{{- '<|im_start|>system\\nTools: ' + (tools | tojson) + '<|im_end|>\\n' }}{%- endif %}
{%- for message in messages %}
{%- if message.role == 'tool' %}{{- '<|im_start|>user\\n<tool_response>' + message.content + '</tool_response><|im_end|>\\n' }}
{%- else %}{{- '<|im_start|>' + message.role + '\\n' + message.content }}
{%- for call in message.tool_calls or [] %}{{- '<tool_call>{"name": "' + call.function.name + '", "arguments": ' + (call.function.arguments | tojson) + '}</tool_call>' }}{%- endfor %}{{- '<|im_end|>\\n' }}{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- if not enable_thinking %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}{%- endif %}`,
  /** Takes a system message at the beginning only, and raises elsewhere. */
  strict: `{%- for message in messages %}
{%- if message.role == 'system' and not loop.first %}{{- raise_exception('System message must be at the beginning') }}{%- endif %}
{{- '[' + message.role + ']' + message.content }}
{%- endfor %}{{- '[assistant]' }}`,
  /** Knows no system message, and always begins to think. */
  thinker: `{%- for message in messages %}
{%- if message.role == 'system' %}{{- raise_exception('no system') }}{%- endif %}
{{- '[' + message.role + ']' + message.content }}
{%- endfor %}{{- '[assistant]<think>\\n' }}`,
} as const;

const CONTROL = ['<|im_start|>', '<|im_end|>', '<|endoftext|>', '<s>', '</s>'];

/** A template as the engine would set it up, but rendered by the public Jinja library. */
export function chatTemplate(name: keyof typeof TEMPLATES): ChatTemplate {
  const source = TEMPLATES[name];
  const parsed = new Template(source);
  const render: ChatTemplate['render'] = (variables) => parsed.render({ ...variables });
  const format = chooseFormat(source);
  const tokens = { bos: '', eos: '' };
  return {
    render,
    format,
    traits: probeTemplate(render, format, tokens),
    control: new ControlTokens(CONTROL),
    ...tokens,
  };
}

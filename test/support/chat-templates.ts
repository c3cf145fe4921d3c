import { Template } from '@huggingface/jinja';
import { chooseFormat } from '../../src/formats/choose.ts';
import { ControlTokens } from '../../src/prompt/control-tokens.ts';
import type { ChatTemplate } from '../../src/prompt/render.ts';
import { probeTemplate } from '../../src/prompt/traits.ts';

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
  /** Demands turns and nine characters for ids, and loses text beside calls; so do Mistral's. */
  turns: `{%- set ns = namespace(index=0) %}{%- for message in messages %}
{%- if message.role == 'system' and not loop.first %}{{- raise_exception('no system here') }}{%- endif %}
{%- if message.role != 'system' and message.role != 'tool' and not message.tool_calls %}
{%- if (message.role == 'user') != (ns.index % 2 == 0) %}{{- raise_exception('roles must alternate') }}{%- endif %}
{%- set ns.index = ns.index + 1 %}{%- endif %}{%- endfor %}
{%- if tools %}{{- '[AVAILABLE_TOOLS]' + (tools | tojson) + '[/AVAILABLE_TOOLS]' }}{%- endif %}
{%- for message in messages %}
{%- if message.role == 'user' %}{{- '[INST]' + message.content + '[/INST]' }}
{%- elif message.role == 'system' %}{{- '[SYSTEM]' + message.content + '[/SYSTEM]' }}
{%- elif message.role == 'tool' %}{%- if message.tool_call_id | length != 9 %}{{- raise_exception('nine characters') }}{%- endif %}
{{- '[TOOL_RESULTS]' + message.tool_call_id + message.content + '[/TOOL_RESULTS]' }}
{%- elif message.tool_calls %}{%- for call in message.tool_calls %}{{- '[TOOL_CALLS]' + call.function.name + '[ARGS]' + (call.function.arguments | tojson) }}{%- endfor %}{{- eos_token }}
{%- else %}{{- message.content + eos_token }}{%- endif %}{%- endfor %}`,
  /** Takes one call a message, as JSON text, and no text beside it; puts the system prompt last; thinks. */
  single: `{%- if tools %}{{- '[TOOLS]' + (tools | tojson) }}{%- endif %}
{%- for message in messages %}
{%- if message.thinking %}{{- '[thought]' + message.thinking }}{%- endif %}
{%- if message.role == 'tool' %}{{- '[tool]' + message.content }}
{%- elif message.tool_calls %}{%- if message.tool_calls | length != 1 %}{{- raise_exception('one call') }}{%- endif %}
{%- if message.content is not none %}{{- raise_exception('no content beside a call') }}{%- endif %}
{{- '[call]' + message.tool_calls[0].function.name + message.tool_calls[0].function.arguments }}
{%- elif message.role != 'system' %}{{- '[' + message.role + ']' }}{%- if loop.last and messages[0].role == 'system' %}{{- messages[0].content }}{%- endif %}{{- message.content }}{%- endif %}
{%- endfor %}{{- '[assistant]' }}`,
} as const;

const CONTROL = ['<|im_start|>', '<|im_end|>', '<|endoftext|>', '<s>', '</s>'];

/** A template as the engine would set it up, but rendered by the public Jinja library. */
export function chatTemplate(name: string): ChatTemplate {
  return templateOf(new Map<string, string>(Object.entries(TEMPLATES)).get(name) ?? '');
}

/** Template of this source, likewise. */
export function templateOf(source: string): ChatTemplate {
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

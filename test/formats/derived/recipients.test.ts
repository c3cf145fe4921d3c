import { describe, expect, it } from 'vitest';
import { readUnknownTemplate } from '../../../src/backends/local/model/template-reading.ts';
import { bindingsOf, createRenderer } from '../../../src/backends/local/prompts/jinja.ts';
import { sharedLlama } from '../../support/native-llama.ts';
import { compileCalls } from '../native-grammar.ts';
import { readPieces } from '../read-output.ts';
import { TOOLS } from '../scenarios.ts';
import type { Found } from '../scenarios.ts';

const native = await sharedLlama();

/** A short template of our own, with a recipient in the header of each message and marks around calls. */
const SOURCE = `{% if tools %}<|start|>system<|body|>{{ tools | tojson }}<|end|>{% endif %}{% for m in messages %}{% if m.role == 'assistant' %}{% if m.reasoning_content %}<|start|>model to=self<|body|>{{ m.reasoning_content }}<|next|>{% endif %}{% if m.content %}<|start|>model to=user<|body|>{{ m.content }}{{ '<|next|>' if m.tool_calls else '<|end|>' }}{% endif %}{% for call in m.tool_calls or [] %}{% set f = call.function %}<|start|>model to={{ f.name }}<|body|><calls>\n<call name="{{ f.name }}">\n{% for k, v in f.arguments | items %}<arg name="{{ k }}">{{ v if v is string else v | tojson }}</arg>\n{% endfor %}</call>\n</calls>{{ '<|end|>' if loop.last else '<|next|>' }}{% endfor %}{% else %}<|start|>{{ m.role }}<|body|>{{ m.content }}<|end|>{% endif %}{% endfor %}{% if add_generation_prompt %}<|start|>model{% endif %}`;

const { format } = readUnknownTemplate(createRenderer(bindingsOf(native.llama), SOURCE), SOURCE, {
  bos: '<s>',
  eos: '</s>',
});

const WEATHER = '<call name="get_weather">\n<arg name="city">Paris</arg>\n</call>';
const PING = '<call name="ping">\n</call>';
const PARIS: Found = { call: 'get_weather', input: { city: 'Paris' } };
const PINGED: Found = { call: 'ping', input: {} };

const ROWS: readonly (readonly [string, string, readonly Found[]])[] = [
  [
    'a call as the template writes it',
    ` to=get_weather<|body|><calls>\n${WEATHER}\n</calls>`,
    [PARIS],
  ],
  [
    'two calls in one pair of marks',
    ` to=get_weather<|body|><calls>\n${WEATHER}\n${PING}\n</calls>`,
    [PARIS, PINGED],
  ],
  [
    'an example in a message to the user',
    ` to=user<|body|>Write:\n<calls>\n${PING}\n</calls>`,
    [{ text: `Write:\n<calls>\n${PING}\n</calls>` }],
  ],
  [
    'a call without a header in thinking that is never closed',
    ` to=self<|body|>Hm.\n<calls>\n${PING}\n</calls>`,
    [{ thinking: 'Hm.' }, PINGED],
  ],
  [
    'a call with a header in thinking that is never closed',
    ` to=self<|body|>Hm. to=ping<|body|><calls>\n${PING}\n</calls>`,
    [{ thinking: 'Hm.' }, PINGED],
  ],
  [
    'an example in thinking',
    ` to=self<|body|>So\n<calls>\n${PING}\n</calls><|next|><|start|>model to=user<|body|>Hi.`,
    [{ thinking: `So\n<calls>\n${PING}\n</calls>` }, { text: 'Hi.' }],
  ],
  ['text after a header without a recipient', '<|body|>Hello.', [{ text: 'Hello.' }]],
  [
    'a closing mark that is written twice',
    ` to=ping<|body|><calls>\n${PING}\n</calls>\n</calls>`,
    [PINGED],
  ],
];

describe('a template with recipients and marks around calls', () => {
  it.each(ROWS)('reads %s', (_what, output, expected) => {
    for (let at = 0; at <= output.length; at++) {
      const pieces = [output.slice(0, at), output.slice(at)];
      const found = readPieces(format, pieces, { complete: true });
      expect({ at, found }).toEqual({ at, found: expected });
    }
  });

  it('admits several calls in one pair of marks', async () => {
    const admits = await compileCalls(format, TOOLS, {
      trigger: 'to=ping<|body|>',
      parallel: true,
    });
    const call = (days: string) =>
      `<calls>\n${PING}\n${WEATHER.replace('</call>', `<arg name="days">${days}</arg>\n</call>`)}\n</calls>`;
    expect([admits(call('3')), admits(call('three'))]).toEqual([true, false]);
  });
});

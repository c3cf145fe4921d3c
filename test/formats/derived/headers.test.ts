import { describe, expect, it } from 'vitest';
import { readUnknownTemplate } from '../../../src/backends/local/model/template-reading.ts';
import { bindingsOf, createRenderer } from '../../../src/backends/local/prompts/jinja.ts';
import { sharedLlama } from '../../support/native-llama.ts';
import { compileCalls } from '../native-grammar.ts';
import { callSections, readPieces } from '../read-output.ts';
import { TOOLS } from '../scenarios.ts';
import type { Found } from '../scenarios.ts';

const native = await sharedLlama();

/** A short template of our own, whose messages have headers between two tokens. */
const SOURCE = `{% if tools %}<|begin|>system<|body|>{{ tools | tojson }}<|done|>{% endif %}{% for m in messages %}{% if m.role == 'assistant' %}{% if m.reasoning_content %}<|begin|>model<|part|>plan<|body|>{{ m.reasoning_content }}<|done|>{% endif %}{% if m.tool_calls %}{% for call in m.tool_calls %}{% set f = call.function %}<|begin|>model to=tools.{{ f.name }}<|part|>action json<|body|>{{ f.arguments | tojson }}<|run|>{% endfor %}{% else %}<|begin|>model<|part|>reply<|body|>{{ m.content }}<|done|>{% endif %}{% else %}<|begin|>{{ m.role }}<|body|>{{ m.content }}<|done|>{% endif %}{% endfor %}{% if add_generation_prompt %}<|begin|>model{% endif %}`;

const { format, injection } = readUnknownTemplate(
  createRenderer(bindingsOf(native.llama), SOURCE),
  SOURCE,
  { bos: '<s>', eos: '</s>' },
);

const PARIS: Found = { call: 'get_weather', input: { city: 'Paris' } };
const PING: Found = { call: 'ping', input: {} };

const ROWS: readonly (readonly [string, string, readonly Found[]])[] = [
  [
    'thinking and an answer',
    '<|part|>plan<|body|>Hm.<|done|><|begin|>model<|part|>reply<|body|>Hello.<|done|>',
    [{ thinking: 'Hm.' }, { text: 'Hello.' }],
  ],
  [
    'a call as the template writes it',
    ' to=tools.get_weather<|part|>action json<|body|>{"city": "Paris"}<|run|>',
    [PARIS],
  ],
  [
    'calls with the recipient in the header',
    '<|part|>action to=tools.get_weather <|kind|>json<|body|>{"city": "Paris"}<|run|><|begin|>model<|part|>action to=tools.ping<|body|>{}<|run|>',
    [PARIS, PING],
  ],
  [
    'text before a call as a message of its own',
    '<|part|>action<|body|>Look.<|done|><|begin|>model<|part|>action to=tools.ping json<|body|>{}<|run|>',
    [{ text: 'Look.' }, PING],
  ],
];

/** The same with the name of the tool in the header of its call. */
const NAMED = `{% if tools %}<|sys|>{{ tools | tojson }}<|e|>{% endif %}{% for m in messages %}{% if m.role == 'assistant' %}<|a|>{% if m.reasoning_content %}<|ch|>cot<|msg|>{{ m.reasoning_content }}<|e|><|a|>{% endif %}{% if m.content %}<|ch|>out<|msg|>{{ m.content }}{% if m.tool_calls %}<|e|><|a|>{% endif %}{% endif %}{% for c in m.tool_calls or [] %}<|ch|>call {{ c.function.name }}<|msg|>{{ c.function.arguments | tojson }}{% if not loop.last %}<|e|><|a|>{% endif %}{% endfor %}<|e|>{% elif m.role == 'tool' %}<|r|>{{ m.content }}<|e|>{% else %}<|{{ m.role }}|>{{ m.content }}<|e|>{% endif %}{% endfor %}{% if add_generation_prompt %}<|a|>{% endif %}`;

const named = readUnknownTemplate(createRenderer(bindingsOf(native.llama), NAMED), NAMED, {
  bos: '<s>',
  eos: '</s>',
}).format;

const STRAY: readonly (readonly [string, string, readonly Found[]])[] = [
  ['the name of no tool', '<|ch|>call nope<|msg|>{}', [{ text: '{}' }]],
  ['an unknown word', '<|ch|>weird<|msg|>Hi', [{ text: 'Hi' }]],
  ['no words', '<|msg|>Hi', [{ text: 'Hi' }]],
  ['an unknown word in text', 'Hi. <|ch|>more words<|msg|>So.<|e|>', [{ text: 'Hi. So.' }]],
  [
    'an unknown word, then a call',
    '<|ch|>x<|msg|>Hi<|e|><|a|><|ch|>call ping<|msg|>{}',
    [{ text: 'Hi' }, PING],
  ],
  [
    'no end',
    'A header begins with <|ch|> and words.',
    [{ text: 'A header begins with <|ch|> and words.' }],
  ],
];

describe('the tokens of a header', () => {
  it.each(STRAY)('are read with %s', (_what, output, expected) => {
    for (let at = 0; at <= output.length; at++) {
      const found = readPieces(named, [output.slice(0, at), output.slice(at)]);
      expect({ at, found }).toEqual({ at, found: expected });
    }
    expect(readPieces(named, output.split(''))).toEqual(expected);
  });
});

describe('a template whose messages have headers', () => {
  it('needs no instructions', () => {
    expect(format.name).toBe('derived');
    expect(injection.tools).toBe(false);
  });

  it.each(ROWS)('lets a model write %s', async (_what, output, expected) => {
    for (let at = 0; at <= output.length; at++) {
      const found = readPieces(format, [output.slice(0, at), output.slice(at)]);
      expect({ at, found }).toEqual({ at, found: expected });
    }
    expect(readPieces(format, output.split(''))).toEqual(expected);
    for (const { trigger, text } of callSections(format, output)) {
      const admits = await compileCalls(format, TOOLS, { trigger, parallel: true });
      expect({ text, admitted: admits(text) }).toEqual({ text, admitted: true });
    }
  });
});

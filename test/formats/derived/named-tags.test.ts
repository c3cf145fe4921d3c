import { describe, expect, it } from 'vitest';
import { readUnknownTemplate } from '../../../src/backends/local/model/template-reading.ts';
import { bindingsOf, createRenderer } from '../../../src/backends/local/prompts/jinja.ts';
import { sharedLlama } from '../../support/native-llama.ts';
import { compileCalls } from '../native-grammar.ts';
import { callSections, readPieces } from '../read-output.ts';
import type { ReadOptions } from '../read-output.ts';
import { SCENARIOS, TOOLS } from '../scenarios.ts';
import type { Found } from '../scenarios.ts';

const native = await sharedLlama();

/** Jinja that only names texts, in a block that is never rendered. */
const naming = (...texts: readonly string[]) =>
  `{% if false %}${texts.map((text) => `{{ '${text}' }}`).join('')}{% endif %}`;

/** A short template with tools and calls. */
function template(calls: string, prompt = '', thinking = '') {
  return `{% if tools %}<|tools|>{{ tools | tojson }}<|end|>{% endif %}{% for m in messages %}<|{{ m.role }}|>{% if m.role == 'assistant' %}${thinking}{% endif %}{{ m.content }}{% if m.tool_calls %}{% for call in m.tool_calls %}{% set f = call.function %}${calls}{% endfor %}{% endif %}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>${prompt}{% endif %}`;
}

const OBJECT = '{"name": "{{ f.name }}", "parameters": {{ f.arguments | tojson }}}';
const TAGGED = `<call>${OBJECT}</call>`;
const BRACKETS = template(`[TOOL_CALLS]${OBJECT}`);
const PYTHON = template(OBJECT) + naming('<|python_tag|>');
const PAIR = template(OBJECT) + naming('<|python_start|>', '<|python_end|>');
const QUOTES =
  template(
    '<call name="{{ f.name }}">{% for k, v in f.arguments | items %}<arg name="{{ k }}">{{ v }}</arg>{% endfor %}</call>',
  ) + naming('<![CDATA[');
const ANSWER = template(TAGGED) + naming('<response></response>');
const STRIPPED = `${template(TAGGED)}{% set a = ''.split('<answer>')[-1].split('</answer>')[0] %}`;
const BEGUN = template(
  TAGGED,
  'These are my thoughts:\n',
  '{% if m.reasoning_content %}These are my thoughts:\n{{ m.reasoning_content }}\n[BEGIN THE ANSWER]\n{% endif %}',
);

const DROPPED = `${template(TAGGED)}{% set a = ''.split('</musing>')[-1] %}`;
const OPENED = template(TAGGED, '<musing>\n') + naming('</musing>');

function formatOf(source: string) {
  const render = createRenderer(bindingsOf(native.llama), source);
  return readUnknownTemplate(render, source, { bos: '<s>', eos: '</s>' }).format;
}

const CALL = '{"name": "get_weather", "parameters": {"city": "Paris"}}';
const OTHER = '{"name": "get_weather", "parameters": {"city": "Rome", "days": 2}}';
const PARIS: Found = { call: 'get_weather', input: { city: 'Paris' } };
const SAVED: Found = { call: 'save', input: { path: 'a', content: '<b></arg>' } };
const text = (words: string): Found => ({ text: words });
const thinking = (words: string): Found => ({ thinking: words });

interface Row {
  readonly what: string;
  readonly source: string;
  readonly output: string;
  readonly found: readonly Found[];
  readonly options?: ReadOptions;
}

const ROWS: readonly Row[] = [
  {
    what: 'thinking in a tag that the template drops from the past',
    source: DROPPED,
    output: `<musing>\nHm.\n</musing>\n\n<call>${CALL}</call>`,
    found: [thinking('Hm.'), PARIS],
  },
  {
    what: 'thinking in a tag that the prompt opens',
    source: OPENED,
    output: 'Hm.\n</musing>\n\nHi.',
    found: [thinking('Hm.'), text('Hi.')],
    options: { thinkingOpen: true },
  },
  {
    what: 'a token of another turn',
    source: template(TAGGED),
    output: 'Hello.<|end|><|assistant|>',
    found: [text('Hello.')],
  },
  {
    what: 'thinking in brackets if calls are in brackets',
    source: BRACKETS,
    output: `[THINK]Hm.[/THINK][TOOL_CALLS]${CALL}`,
    found: [thinking('Hm.'), PARIS],
  },
  {
    what: 'a bare call after a token and text',
    source: PYTHON,
    output: `Look:<|python_tag|>${CALL}; ${OTHER}`,
    found: [text('Look:'), ...SCENARIOS['two calls']],
  },
  {
    what: 'a Python call after a token',
    source: PYTHON,
    output: '<|python_tag|>get_weather.call(city="Paris")',
    found: [PARIS],
  },
  {
    what: 'a bare call in a pair of tokens',
    source: PAIR,
    output: `Look:<|python_start|>${CALL}<|python_end|>`,
    found: [text('Look:'), PARIS],
  },
  {
    what: 'a Python call in a pair of tokens',
    source: PAIR,
    output: '<|python_start|>[get_weather(city="Paris")]<|python_end|>',
    found: [PARIS],
  },
  {
    what: 'a bare call after an empty pair of tokens',
    source: PAIR,
    output: `<|python_start|><|python_end|>${CALL}`,
    found: [PARIS],
  },
  {
    what: 'text in the quotes of XML',
    source: QUOTES,
    output:
      '<call name="save"><arg name="path">a</arg><arg name="content"><![CDATA[<b></arg>]]></arg></call>',
    found: [SAVED],
  },
  {
    what: 'such a token as text',
    source: PYTHON,
    output: '<|python_tag|>print("get_weather")',
    found: [text('<|python_tag|>print("get_weather")')],
  },
  {
    what: 'an answer in tags that the instructions name',
    source: ANSWER,
    output: '<think>Hm.</think><response>Hello.</response>',
    found: [thinking('Hm.'), text('Hello.')],
  },
  {
    what: 'an answer in tags that the template strips',
    source: STRIPPED,
    output: '<think>\nHm.\n</think>\n<answer>\nHello.\n</answer>',
    found: [thinking('Hm.'), text('Hello.')],
  },
  {
    what: 'an answer without the tags that the template strips',
    source: STRIPPED,
    output: 'Hello <answer>.',
    found: [text('Hello <answer>.')],
  },
  {
    what: 'the end of an answer whose beginning ended the thinking',
    source: BEGUN,
    output: 'Hm.\n[BEGIN THE ANSWER]\nHello.\n[END THE ANSWER]',
    found: [thinking('Hm.'), text('Hello.')],
    options: { thinkingOpen: true },
  },
];

describe('tags that only the source of a template names', () => {
  it.each(ROWS)('reads $what, in every cut', ({ source, output, found, options }) => {
    const format = formatOf(source);
    expect(readPieces(format, output.split(''), options)).toEqual(found);
    for (let at = 0; at <= output.length; at++) {
      const pieces = [output.slice(0, at), output.slice(at)];
      expect({ at, found: readPieces(format, pieces, options) }).toEqual({ at, found });
    }
  });

  it.each(ROWS.filter(({ found }) => found.includes(PARIS) || found.includes(SAVED)))(
    'admits $what',
    async ({ source, output }) => {
      const format = formatOf(source);
      const sections = callSections(format, output);
      expect(sections).toHaveLength(1);
      for (const { trigger, text: section } of sections) {
        const admits = await compileCalls(format, TOOLS, { trigger, parallel: true });
        expect({ section, admitted: admits(section) }).toEqual({ section, admitted: true });
      }
    },
  );
});

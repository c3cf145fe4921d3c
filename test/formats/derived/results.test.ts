import { describe, expect, it } from 'vitest';
import { readUnknownTemplate } from '../../../src/backends/local/model/template-reading.ts';
import { bindingsOf, createRenderer } from '../../../src/backends/local/prompts/jinja.ts';
import { functionGemma } from '../../../src/formats/gemma4.ts';
import { Output } from '../../../src/output/output.ts';
import { sharedLlama } from '../../support/native-llama.ts';
import { readPieces } from '../read-output.ts';
import { SCENARIOS, TOOLS } from '../scenarios.ts';

const native = await sharedLlama();

/** A template of our own whose results follow in the turn of their calls, in this tag. */
function formatWith(tag: string) {
  const source = `{%- if tools %}<|tools|>{{ tools | tojson }}<|end|>{% endif -%}
{%- for m in messages -%}
{%- if m.role == 'assistant' -%}{% if loop.index0 == 0 or messages[loop.index0 - 1].role != 'tool' %}<|model|>{% endif %}{{ m.content }}
{%- for call in m.tool_calls or [] %}<call>{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}</call>{% endfor -%}
{%- if not m.tool_calls %}<|end|>{% endif -%}
{%- elif m.role == 'tool' -%}${tag}{{ m.content }}<|/result|>
{%- else -%}<|{{ m.role }}|>{{ m.content }}<|end|>{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt and messages[-1].role != 'tool' %}<|model|>{% endif -%}`;
  const render = createRenderer(bindingsOf(native.llama), source);
  return readUnknownTemplate(render, source, { bos: '<s>', eos: '</s>' }).format;
}

const tagged = formatWith('<result>');
const token = formatWith('<|result|>');
const CALLS =
  '<call>{"name": "get_weather", "arguments": {"city": "Paris"}}</call><call>{"name": "get_weather", "arguments": {"city": "Rome", "days": 2}}</call>';
const CALL = '<start_function_call>call:get_weather{city:<escape>Paris<escape>}<end_function_call>';

describe('results that models begin after their calls', () => {
  it.each([
    ['a tag', tagged, `${CALLS}\n<result>10</result>It is 10.`],
    ['a token', token, `${CALLS}<|result|>10<|/result|>It is 10.`],
  ])('are left out with all that follows: %s', (_what, format, output) => {
    for (const pieces of [[output], output.split('')]) {
      expect(readPieces(format, pieces)).toEqual(SCENARIOS['two calls']);
    }
  });

  it.each([
    ['in a sentence', 'The XML has a <result> element.'],
    ['at the start', '<result>1</result> is XML.'],
    ['in code', '```xml\n<root><result>1</result></root>\n```'],
  ])('do not begin with a mention of their tag %s', (_where, output) => {
    for (const pieces of [[output], output.split('')]) {
      expect(readPieces(tagged, pieces)).toEqual([{ text: output }]);
    }
  });

  it('do not begin after text that follows a call', () => {
    const output = `${CALLS}Then <result> follows.`;
    expect(readPieces(tagged, output.split(''))).toEqual([
      ...SCENARIOS['two calls'],
      { text: 'Then <result> follows.' },
    ]);
  });

  it.each([
    ['of a derived format', tagged, `${CALLS}<result>`],
    ['of FunctionGemma', functionGemma, `${CALL}<start_function_response>`],
  ])('end the answer %s', (_of, format, output) => {
    const answer = new Output({
      format,
      tools: TOOLS,
      thinkingOpen: false,
      continuesText: false,
      stopSequences: [],
      newCallId: () => 'toolu_1',
    });
    answer.push(output.slice(0, -1));
    expect(answer.closed).toBe(false);
    answer.push(output.slice(-1));
    expect(answer.closed).toBe(true);
    expect(answer.end()).toEqual([]);
  });
});

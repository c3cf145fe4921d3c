import { describe, expect, it } from 'vitest';
import { readUnknownTemplate } from '../../../src/backends/local/model/template-reading.ts';
import { bindingsOf, createRenderer } from '../../../src/backends/local/prompts/jinja.ts';
import { ControlTokens } from '../../../src/prompt/control-tokens.ts';
import { instructedRequest } from '../../../src/prompt/instructed.ts';
import { renderPrompt } from '../../../src/prompt/render.ts';
import { weatherRequest } from '../weather-request.ts';
import { sharedLlama } from '../../support/native-llama.ts';
import { compileCalls } from '../native-grammar.ts';
import { callSections, readPieces } from '../read-output.ts';
import { TOOLS } from '../scenarios.ts';
import type { Found } from '../scenarios.ts';

const native = await sharedLlama();
const TOKENS = { bos: '<s>', eos: '</s>' };

/** A short template that lists tools after some words, and renders no calls of the past. */
const listing = (words: string) =>
  `{% if tools %}<|system|>${words}{{ tools | tojson }}<|end|>{% endif %}{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}`;

const LIST = listing('Respond with <|tool_call|> and a JSON list of calls.');
const OBJECT = listing(
  'Write <function_call>{"tool": <name>, "parameters": <object>}</function_call> for each call.',
);
const SILENT = listing('You can use these tools: ');

function readingOf(source: string) {
  return readUnknownTemplate(createRenderer(bindingsOf(native.llama), source), source, TOKENS);
}

const CALLS: readonly Found[] = [
  { call: 'get_weather', input: { city: 'Paris' } },
  { call: 'ping', input: {} },
];

const ROWS = [
  {
    what: 'a list after a token',
    source: LIST,
    output:
      '<|tool_call|>[{"name": "get_weather", "arguments": {"city": "Paris"}}, {"name": "ping", "arguments": {}}]',
  },
  {
    what: 'objects in tags, with other keys',
    source: OBJECT,
    output:
      '<function_call>{"tool": "get_weather", "parameters": {"city": "Paris"}}</function_call>\n<function_call>{"tool": "ping", "parameters": {}}</function_call>',
  },
  {
    what: 'the most common tags, if nothing is said',
    source: SILENT,
    output:
      '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>\n<tool_call>\n{"name": "ping", "arguments": {}}\n</tool_call>',
  },
  {
    what: 'Python calls, if nothing is said',
    source: SILENT,
    output: '<|tool_call_start|>[get_weather(city="Paris"), ping()]<|tool_call_end|>',
  },
] as const;

/** The prompt of a conversation with one call. */
function promptOf(source: string): string {
  const reading = readingOf(source);
  const request = weatherRequest([]);
  const template = { ...reading, ...TOKENS, control: new ControlTokens([]) };
  const { stretches } = renderPrompt(
    template,
    instructedRequest(request, reading.injection, false),
  );
  return stretches.map(({ text }) => text).join('');
}

describe('a template that lists tools and renders no calls', () => {
  it.each(ROWS)('lets a model write $what', async ({ source, output }) => {
    const { format } = readingOf(source);
    for (let at = 0; at <= output.length; at++) {
      const found = readPieces(format, [output.slice(0, at), output.slice(at)]);
      expect({ at, found }).toEqual({ at, found: CALLS });
    }
    for (const { trigger, text } of callSections(format, output)) {
      const admits = await compileCalls(format, TOOLS, { trigger, parallel: true });
      expect({ text, admitted: admits(text) }).toEqual({ text, admitted: true });
    }
  });

  it.each([
    ['a list', LIST, '<|tool_call|>[{"name":"get_weather","arguments":{"city":"Paris"}}]'],
    [
      'objects',
      OBJECT,
      '<function_call>{"tool":"get_weather","parameters":{"city":"Paris"}}</function_call>',
    ],
    [
      'the most common tags',
      SILENT,
      '<tool_call>\n{"name":"get_weather","arguments":{"city":"Paris"}}\n</tool_call>',
    ],
  ])('gets no instructions, and calls of the past as %s', (_what, source, call) => {
    expect(readingOf(source).injection.tools).toBe(false);
    const prompt = promptOf(source);
    expect(prompt).toContain(`<|assistant|>${call}<|end|>`);
    expect(prompt).toContain('<|tool|>Sunny.<|end|>');
    expect(prompt).not.toContain('You can call these tools');
  });

  it('keeps a mention of the tag as text', () => {
    const output = '<|tool_call|> comes before a list.';
    expect(readPieces(readingOf(LIST).format, [output])).toEqual([{ text: output }]);
  });
});

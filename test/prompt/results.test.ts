import { describe, expect, it } from 'vitest';
import type { Part } from '../../src/core/conversation.ts';
import { renderContinuation } from '../../src/prompt/continuation.ts';
import { ControlTokens } from '../../src/prompt/control-tokens.ts';
import type { PromptRequest } from '../../src/prompt/render.ts';
import { findTurnClosings } from '../../src/prompt/turn-closing.ts';
import { weatherRequest } from '../formats/weather-request.ts';
import { readPieces } from '../formats/read-output.ts';
import { readSource } from './read-source.ts';

const words = (text: string): Part => ({ kind: 'text', text });
const call = (id: string, name: string): Part => ({ kind: 'tool-call', id, name, input: {} });
const result = (callId: string, text: string): Part => ({
  kind: 'tool-result',
  callId,
  output: [{ kind: 'text', text }],
  isError: false,
});

/** Request after these parts of the model, and these of the user. */
function after(answer: readonly Part[], given: readonly Part[]): PromptRequest {
  const { conversation, ...others } = weatherRequest([]);
  const turns = [
    ...conversation.turns.slice(0, 1),
    { role: 'assistant', parts: answer } as const,
    { role: 'user', parts: given } as const,
  ];
  return { ...others, conversation: { ...conversation, turns } };
}

/** A short template of our own: the name of a result is that of the last call. */
const LAST_NAMED = `{% set last = namespace(name='') %}{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}{% if m.role == 'tool' %}<|result of {{ last.name }}|>{{ m.content }}<|end|>{% else %}<|{{ m.role }}|>{{ m.content }}{% for c in m.tool_calls or [] %}{% set last.name = c.function.name %}<call>{{ c.function.name }}:{{ c.function.arguments | tojson }}</call>{% endfor %}<|end|>{% endif %}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}`;

describe('results of parallel calls', () => {
  const calls = [call('a', 'get_weather'), call('b', 'ping'), call('c', 'get_weather')];
  const results = [
    result('b', 'Pong.'),
    result('a', 'Sunny.'),
    result('c', 'Rainy.'),
    words('And?'),
  ];
  const apart =
    '<|assistant|><call>get_weather:{}</call><|end|><|result of get_weather|>Sunny.<|end|>' +
    '<|assistant|><call>ping:{}</call><|end|><|result of ping|>Pong.<|end|>' +
    '<|assistant|><call>get_weather:{}</call><|end|><|result of get_weather|>Rainy.<|end|>';

  it('follow each call in a template that names results after the last call', () => {
    const prompt = readSource(LAST_NAMED).prompt(after(calls, results));
    expect(prompt).toContain(`${apart}<|user|>And?<|end|><|assistant|>`);
  });

  it('leave text between and after calls at its place', () => {
    const answer = [
      words('First.'),
      call('a', 'get_weather'),
      words('Then.'),
      call('b', 'ping'),
      words('Done.'),
    ];
    const prompt = readSource(LAST_NAMED).prompt(after(answer, results.slice(0, 2)));
    expect(prompt).toContain(
      '<|assistant|>First.<call>get_weather:{}</call><|end|><|result of get_weather|>Sunny.<|end|>' +
        '<|assistant|>Then.<call>ping:{}</call><|end|><|assistant|>Done.<|end|><|result of ping|>Pong.<|end|>',
    );
  });

  it('are no part of a continuation after several calls, since its tokens lack those between them', () => {
    const ends = new Set(['<|end|>']);
    const control = new ControlTokens([...ends]);
    const template = { ...readSource(LAST_NAMED), bos: '', eos: '', control };
    const ending = { closings: findTurnClosings(template, ends), ends };
    const continued = (count: number) => {
      const request = after(calls.slice(0, count), results.slice(0, 2));
      const prompt = renderContinuation(template, ending, request, 1);
      return prompt?.stretches.map(({ text }) => text).join('');
    };
    expect(continued(1)).toContain('<|end|><|result of get_weather|>Sunny.<|end|>');
    expect(continued(2)).toBeUndefined();
  });

  it('follow all calls in a template that names each result itself', () => {
    const named = LAST_NAMED.replace('result of {{ last.name }}', 'result of {{ m.name }}');
    const prompt = readSource(named).prompt(after(calls.slice(0, 2), results.slice(0, 2)));
    expect(prompt).toContain(
      '<|assistant|><call>get_weather:{}</call><call>ping:{}</call><|end|><|result of get_weather|>Sunny.<|end|><|result of ping|>Pong.<|end|>',
    );
  });
});

/** A short template of our own that renders calls, and takes turns of user and assistant only. */
const ALTERNATING = `{% if tools %}<|tools|>{{ tools | tojson }}<|end|>{% endif %}{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}<|{{ m.role }}|>{{ m.content }}{% for c in m.tool_calls or [] %}<call>{{ c.function.name }}:{{ c.function.arguments | tojson }}</call>{% endfor %}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}`;

describe('results that a template refuses', () => {
  it('become text of the user, and their calls stay what the model writes', () => {
    const { injection, format, prompt } = readSource(ALTERNATING);
    const answer = [call('a', 'get_weather'), call('b', 'ping')];
    const given = [result('a', 'Sunny.'), result('b', 'Pong.'), words('And?')];
    const written = prompt(after(answer, given));
    expect(injection.tools).toBe(false);
    expect(written.slice(written.indexOf('<|user|>'))).toBe(
      '<|user|>Ask.<|end|><|assistant|><call>get_weather:{}</call><call>ping:{}</call><|end|>' +
        '<|user|><tool_response>\nSunny.\n</tool_response>\n\n<tool_response>\nPong.\n</tool_response>\n\nAnd?<|end|><|assistant|>',
    );
    expect(readPieces(format, ['<call>ping:{}</call>'])).toEqual([{ call: 'ping', input: {} }]);
  });
});

/** A short template of our own that teaches calls of GLM, and drops those of the past. */
const DROPPING = `{% if tools %}<|tools|><tool_call>NAME\n<arg_key>K</arg_key>\n<arg_value>V</arg_value>\n</tool_call>{{ tools | tojson }}<|end|>{% endif %}{% for m in messages %}{% if m.role in ['user', 'assistant'] %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endif %}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}`;

describe('calls that a template drops', () => {
  it('are written as the model of its family writes them', () => {
    const { injection, format, prompt } = readSource(DROPPING);
    const input = { city: 'Paris\n"Nord"', days: 3, tags: ['a', '"b"'] };
    const answer: Part = { kind: 'tool-call', id: 'a', name: 'get_weather', input };
    const written = prompt(after([words('I look.'), answer], [result('a', 'Sunny.')]));
    const calls =
      '<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Paris\n"Nord"</arg_value>\n' +
      '<arg_key>days</arg_key>\n<arg_value>3</arg_value>\n<arg_key>tags</arg_key>\n<arg_value>["a","\\"b\\""]</arg_value>\n</tool_call>';
    expect([format.name, injection.tools]).toEqual(['glm-4.5', false]);
    expect(written.slice(written.indexOf('<|user|>'))).toBe(
      `<|user|>Ask.<|end|><|assistant|>I look.${calls}<|end|><|user|><tool_response>\nSunny.\n</tool_response><|end|><|assistant|>`,
    );
  });
});

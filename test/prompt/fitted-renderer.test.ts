import { describe, expect, it } from 'vitest';
import type { PromptRequest } from '../../src/prompt/render.ts';
import { weatherRequest } from '../formats/weather-request.ts';
import { readSource } from './read-source.ts';

const END = `{% if add_generation_prompt %}<|assistant|>{% endif %}`;
const TOOLS = `{% if tools %}<|tools|>{{ tools | tojson }}<|end|>{% endif %}`;
const CALLS = `{% for c in m.tool_calls or [] %}<call>{{ c.function.name }}:{{ c.function.arguments | tojson }}</call>{% endfor %}`;
const PARTS = `{% for part in m.content %}{% if part.type == 'text' %}{{ part.text }}{% endif %}{% endfor %}`;

/** A short template of our own that writes content by an expression, for users by another. */
function template(content: string, ofUsers = content, before = ''): string {
  return `${before}${TOOLS}{% for m in messages %}<|{{ m.role }}|>{% if m.role == 'user' %}${ofUsers}{% else %}${content}{% endif %}${CALLS}<|end|>{% endfor %}${END}`;
}

const SYSTEM = [{ kind: 'text', text: 'Be brief.' }] as const;
const TALK =
  '<|user|>Ask.<|end|><|assistant|><call>get_weather:{"city": "Paris"}</call><|end|><|tool|>Sunny.<|end|><|assistant|>';

/** Prompt after the tools. */
function promptOf(source: string, request: PromptRequest): string {
  const { injection, prompt } = readSource(source);
  expect(injection.tools).toBe(false);
  return prompt(request).replace(/^.*?<\|tools\|>.*?<\|end\|>/s, '');
}

describe('content as a list of parts', () => {
  const selected = `{{ (m.content | selectattr('type', 'equalto', 'text') | first).text }}`;
  it.each([
    ['all messages', template(PARTS)],
    ['the first part of all messages', template(selected)],
    ['user messages', template('{{ m.content }}', PARTS)],
    [
      'all messages but results',
      template(`{% if m.role == 'tool' %}{{ m.content }}{% else %}${PARTS}{% endif %}`, PARTS),
    ],
  ])('is passed to a template that takes only that, of %s', (_which, source) => {
    expect(promptOf(source, weatherRequest([]))).toBe(TALK);
    expect(promptOf(source, weatherRequest(SYSTEM))).toBe(`<|system|>Be brief.<|end|>${TALK}`);
  });

  it('is not passed to a template that takes both', () => {
    const either = `{% if m.content is string %}text {{ m.content }}{% else %}${PARTS}{% endif %}`;
    expect(promptOf(template(either), weatherRequest([]))).toContain('<|user|>text Ask.');
  });
});

describe('a template that demands a system message', () => {
  const demand = `{% if messages[0].role != 'system' %}{{ raise_exception('system first') }}{% endif %}`;
  const nonEmpty = `{% if not messages[0].content %}{{ raise_exception('no words') }}{% endif %}`;
  const source = template('{{ m.content }}', undefined, demand);

  it('gets an empty one in a conversation without', () => {
    expect(promptOf(source, weatherRequest([]))).toBe(`<|system|><|end|>${TALK}`);
    expect(promptOf(source, weatherRequest(SYSTEM))).toBe(`<|system|>Be brief.<|end|>${TALK}`);
  });

  it('gets a short one if it refuses an empty one', () => {
    const demanding = template('{{ m.content }}', undefined, demand + nonEmpty);
    const words = 'You are a helpful assistant.';
    expect(promptOf(demanding, weatherRequest([]))).toBe(`<|system|>${words}<|end|>${TALK}`);
  });
});

describe('a template that looks for an undefined name in a list', () => {
  it('finds nothing', () => {
    const before = `{% if custom in ['a'] %}x{% endif %}`;
    expect(promptOf(template('{{ m.content }}', undefined, before), weatherRequest([]))).toBe(TALK);
  });

  it('thinks at every effort but those of the list', () => {
    const quick = `{% if reasoning_effort in ['low', 'minimal'] %}<think></think>{% else %}<think>{% endif %}`;
    const source = template('{{ m.content }}').replace(
      '<|assistant|>{%',
      `<|assistant|>${quick}{%`,
    );
    const { prompt } = readSource(source);
    const ending = (effort?: PromptRequest['effort']) =>
      prompt({
        ...weatherRequest([]),
        thinking: { mode: 'adaptive' },
        ...(effort !== undefined && { effort }),
      })
        .split('<|assistant|>')
        .at(-1);
    expect(ending('low')).toBe('<think></think>');
    for (const effort of [undefined, 'medium', 'high', 'max'] as const) {
      expect(ending(effort)).toBe('<think>');
    }
  });
});

describe('a feature that only the other Jinja renders', () => {
  it.each([
    [
      'tools',
      template('{{ m.content }}').replace('tools | tojson', 'tools | tojson(sort_keys=true)'),
    ],
    [
      'calls',
      template('{{ m.content }}').replace(
        'arguments | tojson',
        'arguments | tojson(sort_keys=true)',
      ),
    ],
    [
      'a system message',
      template(
        `{% if m.role == 'system' %}{{ m.content.replace('x', 'x', 1) }}{% else %}{{ m.content }}{% endif %}`,
      ),
    ],
  ])('makes it render everything: %s', (_what, source) => {
    const reasons: string[] = [];
    readSource(source, (reason) => reasons.push(reason));
    expect(reasons).toHaveLength(1);
    expect(promptOf(source, weatherRequest(SYSTEM))).toBe(`<|system|>Be brief.<|end|>${TALK}`);
  });

  it('is not looked for if llama.cpp renders all', () => {
    const reasons: string[] = [];
    readSource(template('{{ m.content }}'), (reason) => reasons.push(reason));
    expect(reasons).toEqual([]);
  });
});

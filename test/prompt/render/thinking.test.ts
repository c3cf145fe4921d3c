import { describe, expect, it } from 'vitest';
import type { ChatTemplate } from '../../../src/prompt/render.ts';
import { renderPrompt } from '../../../src/prompt/render.ts';
import { templateVariables } from '../../../src/prompt/template-variables.ts';
import type { Effort, ThinkingMode } from '../../../src/core/backend.ts';
import type { Conversation, Part } from '../../../src/core/conversation.ts';
import { chatTemplate, templateOf } from '../../support/chat-templates.ts';
import { areTemplatesMissing, REAL_TEMPLATES, realTemplate } from '../../support/real-templates.ts';
import { asking, written } from './rendered.ts';
import { covers } from '../../support/covers.ts';

const ENABLED: ThinkingMode = { mode: 'enabled', budgetTokens: 2000 };
const DISABLED: ThinkingMode = { mode: 'disabled' };

function asked(...begun: readonly Part[]): Conversation {
  const question = { role: 'user', parts: [{ kind: 'text', text: 'U' }] } as const;
  return {
    system: [],
    turns: begun.length === 0 ? [question] : [question, { role: 'assistant', parts: begun }],
    tools: [],
  };
}

/** Number of opening tags minus closing tags after the user's text. */
function openTags(template: ChatTemplate, thinking: ThinkingMode): number {
  const { open = '', close = '' } = template.format.thinking ?? {};
  const prompt = written(template, asking(asked(), { thinking }));
  const last = prompt.slice(prompt.lastIndexOf('U'));
  return last.split(open).length - last.split(close).length;
}

const SWITCHABLE = [...REAL_TEMPLATES].filter(
  ([, source]) => realTemplate(source).traits.thinking === 'switchable',
);

describe.skipIf(areTemplatesMissing())('a template with switchable thinking', () => {
  covers('R3.5-switch');

  it('is found more than 25 times', () => {
    expect(SWITCHABLE.length).toBeGreaterThan(25);
  });

  it.each(SWITCHABLE)('opens the thinking tag if thinking is enabled: %s', (_name, source) => {
    const template = realTemplate(source);
    const { thinkingOpen } = renderPrompt(template, asking(asked(), { thinking: ENABLED }));
    expect(thinkingOpen).toBe(true);
    expect(openTags(template, ENABLED)).toBe(1);
  });

  it.each(SWITCHABLE)(
    'leaves no thinking tag open if thinking is disabled: %s',
    (_name, source) => {
      const template = realTemplate(source);
      const { thinkingOpen } = renderPrompt(template, asking(asked(), { thinking: DISABLED }));
      expect(thinkingOpen).toBe(false);
      expect(openTags(template, DISABLED)).toBeLessThanOrEqual(0);
    },
  );

  it.each(SWITCHABLE)('has different prompts with and without thinking: %s', (_name, source) => {
    const template = realTemplate(source);
    expect(written(template, asking(asked(), { thinking: ENABLED }))).not.toBe(
      written(template, asking(asked(), { thinking: DISABLED })),
    );
  });
});

describe('a prefill with thinking', () => {
  covers('R3.5-replay', 'R2.5-prefill');

  const begun = asked({ kind: 'thinking', text: 'hmm' }, { kind: 'text', text: 'The' });

  it('is continued after the thinking', () => {
    expect(written(chatTemplate('chatml'), asking(begun))).toMatch(
      /assistant\n<think>\nhmm\n<\/think>\n\nThe$/,
    );
    // This template opens the tag itself.
    expect(written(chatTemplate('thinker'), asking(begun))).toMatch(
      /\[assistant\]<think>\nhmm\n<\/think>\n\nThe$/,
    );
  });

  it('starts no second thinking, and its text is not read as thinking', () => {
    const prompt = renderPrompt(chatTemplate('chatml'), asking(begun, { thinking: ENABLED }));
    expect(prompt).toMatchObject({ thinkingOpen: false, continuesText: true });
  });

  it.skipIf(areTemplatesMissing()).each([...REAL_TEMPLATES])(
    'is the end of the prompt: %s',
    (_name, source) => {
      const template = realTemplate(source);
      const prompt = written(template, asking(begun, { thinking: ENABLED }));
      expect(prompt.endsWith('The')).toBe(true);
      const { format, traits } = template;
      const [, after] = prompt.split('hmm');
      expect(after !== undefined).toBe(traits.thinking !== 'none');
      expect(after ?? format.thinking?.close ?? '').toContain(format.thinking?.close ?? '');
    },
  );
});

describe('the effort level of a template', () => {
  covers('R3.5-effort');

  it.each<[Effort | undefined, readonly string[], string | undefined]>([
    ['low', ['low', 'medium', 'high'], 'low'],
    ['xhigh', ['low', 'medium', 'high'], 'high'],
    ['max', ['low', 'medium', 'high'], 'high'],
    ['low', ['high', 'max'], 'high'],
    ['xhigh', ['high', 'max'], 'max'],
    ['high', ['low', 'medium', 'xhigh'], 'xhigh'],
    ['high', [], undefined],
    [undefined, ['low', 'medium', 'high'], undefined],
  ])('for effort %s and levels %j is %s', (effort, efforts, level) => {
    const variables = templateVariables(
      { thinking: { mode: 'adaptive' }, ...(effort !== undefined && { effort }) },
      { efforts, thinking: 'switchable' },
    );
    expect(variables['reasoning_effort']).toBe(level);
  });

  it.each<[string, string, readonly (Effort | undefined)[]]>([
    [
      'its default',
      "{%- set level = reasoning_effort or 'high' %}{{- '[effort off]' if level == 'low' else '[effort on]' }}",
      ['medium', 'high', 'xhigh', 'max'],
    ],
    [
      'no level',
      "{{- '[effort ' + reasoning_effort + ']' if (reasoning_effort or '') in ['high', 'max'] else '' }}",
      ['low', 'medium'],
    ],
    [
      'an unknown level, unless its default is a named one',
      "{{- '[Effort: ' + ('High' if reasoning_effort == 'high' else 'Max') + ']' }}",
      ['xhigh', 'max'],
    ],
  ])('renders like no level where the template takes it for %s', (_title, effects, same) => {
    const turns = "{%- for message in messages %}{{- '[' + message.role + ']' + message.content }}";
    const template = templateOf(`${effects}${turns}{%- endfor %}[assistant]`);
    const prompt = (effort?: Effort) =>
      written(template, asking(asked(), { thinking: ENABLED, ...(effort && { effort }) }));
    const all = ['low', 'medium', 'high', 'xhigh', 'max'] as const;
    expect(all.filter((effort) => prompt(effort) === prompt())).toEqual(same);
  });

  it('is the lowest if thinking is disabled but the model always thinks', () => {
    const traits = { efforts: ['low', 'high'], thinking: 'always' } as const;
    expect(templateVariables({ thinking: DISABLED }, traits)['reasoning_effort']).toBe('low');
  });

  it.skipIf(areTemplatesMissing()).each([
    ['openai-gpt-oss-120b', 'low', /Reasoning: low/],
    ['openai-gpt-oss-120b', 'max', /Reasoning: high/],
    ['GLM-5.2', 'medium', /Reasoning Effort: High/],
    ['GLM-5.2', 'max', /Reasoning Effort: Max/],
    ['deepseek-ai-DeepSeek-V4', 'max', /Beyond maximum/],
    ['ollama-qwen38_chat_template', 'low', /low/],
  ] as const)('is in the prompt of %s for effort %s', (name, effort, expected) => {
    const template = realTemplate(REAL_TEMPLATES.get(name) ?? '');
    expect(written(template, asking(asked(), { thinking: ENABLED, effort }))).toMatch(expected);
  });
});

describe('the date for templates', () => {
  covers('R3.2-stable');

  it('is the same all day', () => {
    const traits = { efforts: [], thinking: 'none' } as const;
    const at = (hour: number) =>
      templateVariables({ thinking: DISABLED }, traits, new Date(2026, 10, 20, hour, hour));
    expect(at(23)).toEqual(at(0));
    expect(at(9)['date_string']).toBe('20 Nov 2026');
  });
});

import { describe, expect, it } from 'vitest';
import { ControlTokens } from '../../../src/prompt/control-tokens.ts';
import {
  injectedFormat,
  injectedTraits,
  injectionFor,
  injectInstructions,
} from '../../../src/prompt/inject.ts';
import type { ChatTemplate } from '../../../src/prompt/render.ts';
import type { Conversation, Part, Turn } from '../../../src/core/conversation.ts';
import { chatTemplate, TEMPLATES } from '../../support/chat-templates.ts';
import {
  areTemplatesMissing,
  REAL_TEMPLATES,
  realTemplate,
  specialTokens,
} from '../../support/real-templates.ts';
import { LOOK_UP } from './conversations.ts';
import { asking, controlOf, written } from './rendered.ts';
import { covers } from '../../support/covers.ts';

/** Conversation with the same text in every place that a client or a model can fill. */
function holding(content: string): Conversation {
  const text: Part = { kind: 'text', text: `a ${content} b` };
  const call = (id: string): Part => ({
    kind: 'tool-call',
    id,
    name: 'look_up',
    input: { place: content, [content]: `"${content}`, deep: [{ [content]: content }] },
  });
  const result = (id: string): Part => ({
    kind: 'tool-result',
    callId: id,
    output: [{ kind: 'text', text: content }],
    isError: false,
  });
  const turns: readonly Turn[] = [
    { role: 'user', parts: [text] },
    { role: 'system', parts: [text] },
    { role: 'assistant', parts: [{ kind: 'thinking', text: content }, text, call('toolu_1')] },
    { role: 'user', parts: [result('toolu_1'), text] },
    { role: 'assistant', parts: [{ kind: 'thinking', text: content }, call('toolu_2')] },
    { role: 'user', parts: [result('toolu_2')] },
    { role: 'assistant', parts: [{ kind: 'thinking', text: content }, text] },
  ];
  const schema = {
    type: 'object',
    description: content,
    properties: {
      [content]: { type: 'string', description: content, enum: [content], default: content },
      place: { anyOf: [{ type: 'string', pattern: content }, { type: 'null' }] },
    },
    required: [content],
  };
  const tool = { ...LOOK_UP, description: `a ${content} b`, inputSchema: schema };
  return { system: [{ kind: 'text', text: `a ${content} b` }], turns, tools: [tool] };
}

/** Injects tools and thinking that the template lacks, as the engine does. */
function injected(template: ChatTemplate, conversation: Conversation) {
  const injection = injectionFor(template.format, template.traits);
  return {
    template: {
      ...template,
      format: injectedFormat(template.format, injection),
      traits: injectedTraits(template.traits, injection),
    },
    conversation: injectInstructions(conversation, injection, conversation.tools, true),
  };
}

const HARMLESS = 'harmless';

function expectNoForging(own: ChatTemplate, tokens: readonly string[]): void {
  const clean = injected(own, holding(HARMLESS));
  const expected = controlOf(clean.template, asking(clean.conversation));
  const unforged = written(clean.template, asking(clean.conversation));
  // Each token alone, split into two halves, and all tokens joined.
  const halves = tokens.map((token) => `${token.slice(0, 2)} ${token.slice(2)}`);
  for (const content of [...tokens, ...halves, tokens.join('')]) {
    const { template, conversation } = injected(own, holding(content));
    const control = controlOf(template, asking(conversation));
    expect({ content, control }).toEqual({ content, control: expected });
    // The content is complete, and no placeholder is left.
    const prompt = written(template, asking(conversation));
    if (content.length < 40) expect(prompt).toContain(content);
    expect(prompt).not.toMatch(/[PTA][0-9a-f]{24}/i);
  }
  expect(countIn(unforged, HARMLESS)).toBeGreaterThan(5);
}

function countIn(text: string, part: string): number {
  return text.split(part).length - 1;
}

describe('message content', () => {
  covers('R3.7-forge', 'R2.5-injection');

  it.each(Object.entries(TEMPLATES))(
    'can’t write a special token of test template %s',
    (name, source) => {
      const tokens = specialTokens(source);
      expectNoForging({ ...chatTemplate(name), control: new ControlTokens(tokens) }, tokens);
    },
  );

  it.skipIf(areTemplatesMissing()).each([...REAL_TEMPLATES])(
    'can’t write a special token of %s',
    (_name, source) => {
      expectNoForging(realTemplate(source), specialTokens(source));
    },
  );
});

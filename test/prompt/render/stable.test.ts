import { describe, expect, it } from 'vitest';
import type { ChatTemplate } from '../../../src/prompt/render.ts';
import type { Conversation } from '../../../src/core/conversation.ts';
import { chatTemplate, TEMPLATES } from '../../support/chat-templates.ts';
import { areTemplatesMissing, REAL_TEMPLATES, realTemplate } from '../../support/real-templates.ts';
import { CONVERSATIONS } from './conversations.ts';
import { asking, written } from './rendered.ts';
import { covers } from '../../support/covers.ts';

/** Long conversations, without thinking, which many templates take back later. */
const GROWING = ['replayed calls', 'many results', 'system in between'] as const;

/** Templates of Qwen's take the tags of no thinking back, once the user has spoken again. */
const NO_THINKING = /<think>\s*<\/think>\s*/g;

/** What two prompts begin with in common, without the end that only asks for an answer. */
function shared(before: string, after: string): number {
  let length = 0;
  while (length < before.length && before[length] === after[length]) length++;
  return length;
}

/** After each answer the prompt goes on where it was, up to the generation prompt. */
function expectGrowth(template: ChatTemplate, conversation: Conversation): void {
  // What is asked last may be written otherwise later (tools and system prompt before it: Mistral), but
  // what the turn before it said stays where it was.
  let previous: { readonly prompt: string; readonly words: readonly string[] } | undefined;
  conversation.turns.forEach((turn, index) => {
    if (turn.role !== 'user') return;
    const turns = conversation.turns.slice(0, index + 1);
    const asked = written(template, asking({ ...conversation, tools: [], turns }));
    const prompt = asked.replaceAll(NO_THINKING, '');
    if (previous !== undefined) {
      const common = prompt.slice(0, shared(previous.prompt, prompt));
      for (const word of previous.words) expect(common).toContain(word);
    }
    previous = { prompt, words: prompt.match(/W\d+a/g) ?? [] };
  });
}

function expectAllGrowth(template: ChatTemplate): void {
  for (const shape of GROWING) {
    const conversation = CONVERSATIONS.get(shape);
    if (conversation === undefined) throw new Error(`There is no conversation called ${shape}.`);
    expectGrowth(template, conversation);
  }
}

describe('the rendered prefix holds from turn to turn', () => {
  covers('R3.2-stable');

  it.each(Object.keys(TEMPLATES))('in a template of our own: %s', (name) => {
    expectAllGrowth(chatTemplate(name));
  });

  it.skipIf(areTemplatesMissing()).each([...REAL_TEMPLATES])('in %s', (_name, source) => {
    expectAllGrowth(realTemplate(source));
  });

  it.skipIf(areTemplatesMissing()).each([...REAL_TEMPLATES])(
    '%s has the same traits each time',
    (_name, source) => {
      expect(realTemplate(source).traits).toEqual(realTemplate(source).traits);
    },
  );
});

import { describe, expect, it } from 'vitest';
import type { ChatTemplate } from '../../../src/prompt/render.ts';
import type { Conversation } from '../../../src/core/conversation.ts';
import { chatTemplate, TEMPLATES } from '../../support/chat-templates.ts';
import {
  areTemplatesMissing,
  readRealTemplate,
  REAL_TEMPLATES,
  realTemplate,
} from '../../support/real-templates.ts';
import { CONVERSATIONS } from './conversations.ts';
import { asking, written } from './rendered.ts';
import { covers } from '../../support/covers.ts';

/** Long conversations without thinking, since many templates drop it in later turns. */
const GROWING = ['replayed calls', 'many results', 'system in between'] as const;

/** Empty thinking tags. Qwen's templates drop them after the next user message. */
const NO_THINKING = /<think>\s*<\/think>\s*/g;

/** Length of the common prefix of two prompts. */
function shared(before: string, after: string): number {
  let length = 0;
  while (length < before.length && before[length] === after[length]) length++;
  return length;
}

/** Expects each prompt to contain the previous one as a prefix, except for its last turn. */
function expectGrowth(template: ChatTemplate, conversation: Conversation): void {
  // Templates may render the last user message differently later (Mistral puts tools and system prompt
  // before it), but the text of earlier turns must stay at its place.
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

describe('the rendered prefix', () => {
  covers('R3.2-stable');

  it.each(Object.keys(TEMPLATES))('is stable across turns for test template %s', (name) => {
    expectAllGrowth(chatTemplate(name));
  });

  it.skipIf(areTemplatesMissing()).each([...REAL_TEMPLATES])(
    'is stable across turns for %s',
    (_name, source) => {
      expectAllGrowth(realTemplate(source));
    },
  );

  it.skipIf(areTemplatesMissing()).each([...REAL_TEMPLATES])(
    'depends on traits that are the same for each probe of %s',
    (_name, source) => {
      expect(readRealTemplate(source).traits).toEqual(realTemplate(source).traits);
    },
  );
});

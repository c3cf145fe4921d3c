import { afterAll, describe, expect, it } from 'vitest';
import type { ChatTemplate } from '../../../src/prompt/render.ts';
import type { Conversation } from '../../../src/core/conversation.ts';
import { chatTemplate, TEMPLATES } from '../../support/chat-templates.ts';
import { areTemplatesMissing, REAL_TEMPLATES, realTemplate } from '../../support/real-templates.ts';
import { CONVERSATIONS, wordsOf } from './conversations.ts';
import { asking, written } from './rendered.ts';
import { covers } from '../../support/covers.ts';

const MODES = ['disabled', 'adaptive'] as const;
const SHAPES = [...CONVERSATIONS.keys()];
const matrix: string[] = [];

/**
 * Expects each text exactly once and in order. Thinking may be missing, since templates drop that of earlier
 * turns, but it is never repeated or moved.
 *
 * @returns the sign for this shape in the printed matrix
 */
function expectShape(template: ChatTemplate, conversation: Conversation): string {
  const expected = wordsOf(JSON.stringify([conversation.system, conversation.turns]));
  let mark = '·';
  for (const mode of MODES) {
    for (const choice of ['auto', 'none'] as const) {
      const request = asking(conversation, {
        thinking: { mode },
        toolChoice: choice === 'auto' ? { mode: choice, parallel: true } : { mode: choice },
      });
      const words = wordsOf(written(template, request));
      const shown = expected.filter((word) => !isThought(word) || words.includes(word));
      // Results may be between calls.
      const isApart = template.traits.calls?.results === 'interleaved';
      expect(isApart ? words.toSorted() : words).toEqual(isApart ? shown.toSorted() : shown);
      if (words.length < expected.length) mark = 't';
    }
  }
  return mark;
}

const isThought = (word: string) => word.startsWith('T');

function expectTemplate(name: string, template: ChatTemplate): void {
  const marks = [...CONVERSATIONS.values()].map((conversation) =>
    expectShape(template, conversation),
  );
  const { system, systemAnywhere, reasoning, tools, calls } = template.traits;
  const traits = [
    `system ${systemAnywhere ? 'anywhere' : String(system)}`,
    reasoning ?? 'no thinking',
    tools ? 'tools' : 'no tools',
    calls === undefined ? 'calls as text' : JSON.stringify(Object.values(calls)),
  ];
  matrix.push(`${name.padEnd(46)} ${marks.join(' ')}  ${traits.join(', ')}`);
}

afterAll(() => {
  const legend = `${SHAPES.join(', ')}; t = thinking that the template drops`;
  process.stderr.write(`\n${legend}\n${matrix.join('\n')}\n`);
});

describe('the rendered prompt', () => {
  covers('R3.2-renders', 'R3.2-fallback', 'R3.5-replay');

  it.each(Object.keys(TEMPLATES))(
    'contains each text once and in order for test template %s',
    (name) => {
      expectTemplate(name, chatTemplate(name));
    },
  );

  it.skipIf(areTemplatesMissing()).each([...REAL_TEMPLATES])(
    'contains each text once and in order for %s',
    (name, source) => {
      expectTemplate(name, realTemplate(source));
    },
  );
});

describe('thinking after the last user message', () => {
  covers('R3.5-replay', 'R3.5-between');

  const conversation = CONVERSATIONS.get('thinking between calls');

  function expectThinking(template: ChatTemplate): void {
    const request = asking(conversation ?? NOTHING, { thinking: { mode: 'adaptive' } });
    const shown = wordsOf(written(template, request));
    const all = wordsOf(JSON.stringify(conversation));
    const { reasoning } = template.traits;
    expect(shown).toEqual(reasoning === undefined ? all.filter((word) => !isThought(word)) : all);
  }

  it.each(Object.keys(TEMPLATES))('is rendered in order if %s has a place for it', (name) => {
    expectThinking(chatTemplate(name));
  });

  it.skipIf(areTemplatesMissing()).each([...REAL_TEMPLATES])(
    'is rendered in order if %s has a place for it',
    (_name, source) => {
      expectThinking(realTemplate(source));
    },
  );

  it('has a place in one of the test templates', () => {
    expect(chatTemplate('single').traits.reasoning).toBe('thinking');
  });
});

const NOTHING: Conversation = { system: [], turns: [], tools: [] };

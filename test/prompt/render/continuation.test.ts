import { describe, expect, it } from 'vitest';
import { renderContinuation } from '../../../src/prompt/continuation.ts';
import type { TurnEnding } from '../../../src/prompt/continuation.ts';
import type { ChatTemplate } from '../../../src/prompt/render.ts';
import { findTurnClosings } from '../../../src/prompt/turn-closing.ts';
import { turnEnds } from '../../../src/prompt/turn-ends.ts';
import { chatTemplate, TEMPLATES } from '../../support/chat-templates.ts';
import { areTemplatesMissing, REAL_TEMPLATES, realTemplate } from '../../support/real-templates.ts';
import { CONVERSATIONS } from './conversations.ts';
import { asking, written } from './rendered.ts';
import { covers } from '../../support/covers.ts';

/** Tokens that the vocabularies of these families mark as end of generation. */
const ENDS = [
  '</s>',
  '<|im_end|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<|call|>',
  '<|return|>',
  '<|assistant_end|>',
  '<|END_OF_TURN_TOKEN|>',
  '<|observation|>',
  '<|message_sep|>',
  '<|role_end|>',
  '<｜end▁of▁sentence｜>',
  '<end_of_turn>',
  '<turn|>',
  '<seed:eos>',
];

function endingOf(template: ChatTemplate): TurnEnding {
  const ends = new Set([...turnEnds(template), ...ENDS, template.eos]);
  return { closings: findTurnClosings(template, ends), ends };
}

/** Counts the answers of all conversations after which the prompt can be continued. */
function continued(template: ChatTemplate): number {
  const ending = endingOf(template);
  let count = 0;
  for (const conversation of CONVERSATIONS.values()) {
    const plain = written(template, asking(conversation));
    conversation.turns.slice(0, -1).forEach((turn, index) => {
      const prompt =
        turn.role === 'assistant'
          ? renderContinuation(template, ending, asking(conversation), index)
          : undefined;
      if (prompt === undefined) return;
      const rest = prompt.stretches.map(({ text }) => text).join('');
      expect(plain.endsWith(rest)).toBe(true);
      // The rest starts at the token that ends the turn, without any text of the answer.
      expect(prompt.stretches[0]?.control).toBe(true);
      count++;
    });
  }
  return count;
}

/** Templates without a token at the end of a turn, or with system prompt and tools in the last turn. */
const NEVER = [
  'ByteDance-Seed-OSS',
  'llama-cpp-rwkv-world',
  'mistralai-Mistral-Nemo-Instruct-2407',
];

describe('the continuation of a prompt after a past answer', () => {
  covers('R5.3-replay');

  it.each(Object.keys(TEMPLATES))('ends like the complete prompt of test template %s', (name) => {
    expect(continued(chatTemplate(name))).toBe(name === 'chatml' ? 26 : 0);
  });

  it.skipIf(areTemplatesMissing()).each([...REAL_TEMPLATES])(
    'ends like the complete prompt of %s',
    (name, source) => {
      const count = continued(realTemplate(source));
      // Every template can continue at least after plain text, except those listed.
      if (NEVER.includes(name)) expect(count).toBe(0);
      else expect(count).toBeGreaterThanOrEqual(7);
    },
  );
});

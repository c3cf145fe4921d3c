import type { PromptPlace } from '../../../core/backend.ts';
import type { Conversation } from '../../../core/conversation.ts';
import type { PlacedTurn } from './placed-turn.ts';

/**
 * Place in a prompt after a block of its request. Templates write tools between system texts, so that a tool
 * comes after all of these.
 *
 * @param at path of the block, such as `tools.3` or `messages.2.content.1`
 * @param placed turns with the positions of their parts; the last ones are those of the conversation
 */
export function promptPlace(
  at: string,
  { tools, system, turns }: Conversation,
  placed: readonly PlacedTurn[],
): PromptPlace {
  const [field, first, , second] = at.split('.');
  const index = Number(first);
  const whole = { tools: tools.length, system: system.length, turns: 0, parts: 0 };
  if (field === 'tools') return { ...whole, tools: index + 1 };
  if (field === 'system') return { ...whole, system: index + 1 };
  const counts = placed.slice(placed.length - turns.length).map(({ parts }) => ({
    all: parts.length,
    before: parts.filter(
      ({ message, block }) => message < index || (message === index && block <= Number(second)),
    ).length,
  }));
  const cut = counts.findIndex(({ all, before }) => before < all);
  if (cut === -1) return { ...whole, turns: turns.length };
  return { ...whole, turns: cut, parts: counts[cut]?.before ?? 0 };
}

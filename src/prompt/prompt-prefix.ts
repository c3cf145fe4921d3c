import type { PromptPlace } from '../core/backend.ts';
import type { Conversation, Turn } from '../core/conversation.ts';

/** User turn for an otherwise empty conversation, which templates do not render. */
const NEXT: Turn = { role: 'user', parts: [{ kind: 'text', text: '\u2026' }] };

/** Conversation up to a place in its prompt. */
export function conversationUntil(conversation: Conversation, place: PromptPlace): Conversation {
  const whole = conversation.turns.slice(0, place.turns);
  const cut = conversation.turns[place.turns];
  const turns =
    cut === undefined || place.parts === 0
      ? whole
      : [...whole, { ...cut, parts: cut.parts.slice(0, place.parts) }];
  return {
    tools: conversation.tools.slice(0, place.tools),
    system: conversation.system.slice(0, place.system),
    turns: turns.length === 0 ? [NEXT] : turns,
  };
}

/** Length of the common prefix of two lists. */
export function commonLength(one: ArrayLike<unknown>, other: ArrayLike<unknown>): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one[length] === other[length]) length++;
  return length;
}

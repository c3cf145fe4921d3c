import type { PromptPlace } from '../core/backend.ts';
import type { Conversation, Turn } from '../core/conversation.ts';

/** Stands for what the user says, without which templates render nothing. */
const NEXT: Turn = { role: 'user', parts: [{ kind: 'text', text: '\u2026' }] };

/** The conversation up to a place in its prompt. */
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

/** Number of items that two lists begin with in common. */
export function commonLength(one: ArrayLike<unknown>, other: ArrayLike<unknown>): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one[length] === other[length]) length++;
  return length;
}

import type { ClearThinking } from '../../../core/context-edits.ts';
import type { Conversation, Part } from '../../../core/conversation.ts';

/** Conversation after an edit, and the number of places that it changed. */
export interface Cleared {
  readonly conversation: Conversation;
  readonly count: number;
}

/** Removes the thinking of all but the newest turns that have some. A turn of nothing but thinking stays. */
export function clearThinking(conversation: Conversation, { keep }: ClearThinking): Cleared {
  const { turns } = conversation;
  const thoughtful = turns.flatMap(({ parts }, index) => (parts.some(isThinking) ? [index] : []));
  const old = new Set(
    keep === 'all' ? [] : thoughtful.slice(0, Math.max(0, thoughtful.length - keep)),
  );
  let count = 0;
  const edited = turns.map((turn, index) => {
    if (!old.has(index) || turn.parts.every(isThinking)) return turn;
    count += 1;
    return { ...turn, parts: turn.parts.filter((part) => !isThinking(part)) };
  });
  return { conversation: { ...conversation, turns: edited }, count };
}

function isThinking({ kind }: Part): boolean {
  return kind === 'thinking' || kind === 'redacted-thinking';
}

import type { TextPart, Turn } from '../../../core/conversation.ts';
import { RuntimeFailure } from '../../../core/failure.ts';
import type { Steps } from '../../../core/steps.ts';
import type { TextBlock } from '../schema/blocks.ts';
import type { Message } from '../schema/request.ts';
import type { ThinkingSeal } from '../signature.ts';
import { decodeBlock } from './blocks.ts';
import { decodeText } from './media.ts';
import { mergeNeighbours, type PlacedTurn } from './placed-turn.ts';
import { checkToolPairing } from './tool-pairing.ts';

interface DecodedTurns {
  readonly system: readonly TextPart[];
  readonly turns: readonly Turn[];
  readonly placed: readonly PlacedTurn[];
}

/**
 * The whole of what was said: system parts first, then turns of alternating roles, with system
 * messages in place, and the places of all parts in the request. Takes each message out of its list once
 * it is decoded: two copies of 100,000 messages would need too much memory.
 *
 * @throws {invalid-request} if the messages make no conversation
 */
export function* decodeTurns(
  system: readonly TextBlock[],
  messages: Message[],
  seal: ThinkingSeal,
): Steps<DecodedTurns> {
  if (messages.length === 0) throw noMessage();
  const lastUser = messages.findLastIndex(({ role }) => role === 'user');
  const placed: PlacedTurn[] = [];
  const count = messages.length;
  messages.reverse();
  for (let index = 0; index < count; index += 1) {
    yield;
    const message = messages.pop();
    if (message === undefined) break;
    if (isCleared(message, index < lastUser)) continue;
    const turn = placeMessage(message, index, seal);
    if (turn.parts.length > 0) placed.push(turn);
  }
  const spoken = yield* mergeNeighbours(placed.filter((turn) => turn.role !== 'system'));
  const [first] = spoken;
  if (first === undefined) throw noMessage();
  if (first.role !== 'user') {
    throw new RuntimeFailure('invalid-request', 'messages: first message must use the "user" role');
  }
  yield* checkToolPairing(spoken);
  const merged = yield* mergeNeighbours(placed);
  const turns: Turn[] = [];
  for (const { role, parts } of merged) {
    turns.push({ role, parts: parts.map(({ part }) => part) });
    yield;
  }
  const leading = leadingSystem(turns);
  return {
    system: [...system.flatMap((block) => decodeSystemText(block)), ...leading.system],
    turns: leading.turns,
    placed: merged,
  };
}

function noMessage(): RuntimeFailure {
  return new RuntimeFailure('invalid-request', 'messages: at least one message is required');
}

function placeMessage(message: Message, index: number, seal: ThinkingSeal): PlacedTurn {
  const { role } = message;
  const blocks = message.content ?? [];
  if (role === 'user' && blocks.length === 0) {
    throw new RuntimeFailure(
      'invalid-request',
      `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
    );
  }
  const parts: PlacedTurn['parts'][number][] = [];
  for (const [position, block] of blocks.entries()) {
    const place = { role, message: index, block: position };
    for (const part of decodeBlock(block, place, seal)) {
      parts.push({ message: index, block: position, part });
    }
  }
  return { role, parts };
}

/** A reminder that its client wanted to be shown for one user turn only. */
function isCleared(message: Message, userFollows: boolean): boolean {
  return userFollows && message.role === 'system' && message.clear_at === 'next_user_message';
}

/** The text of a system message before everything else is part of the system prompt. */
function leadingSystem(turns: readonly Turn[]): {
  readonly system: readonly TextPart[];
  readonly turns: readonly Turn[];
} {
  const [first, ...rest] = turns;
  if (first?.role !== 'system') return { system: [], turns };
  const system = first.parts.flatMap((part) => (part.kind === 'text' ? [part] : []));
  const others = first.parts.filter((part) => part.kind !== 'text');
  return { system, turns: others.length === 0 ? rest : [{ ...first, parts: others }, ...rest] };
}

/** Claude Code's first system line changes with every conversation: with it no prefix would ever match. */
const BILLING_LINE = /^x-anthropic-billing-header:[^\n]*\n*/;

function decodeSystemText(block: TextBlock): readonly TextPart[] {
  return decodeText({ ...block, text: block.text.replace(BILLING_LINE, '') });
}

import type { TextPart, Turn } from '../../../core/conversation.ts';
import { RuntimeFailure } from '../../../core/failure.ts';
import type { Steps } from '../../../core/steps.ts';
import type { TextBlock } from '../schema/blocks.ts';
import type { Message } from '../schema/request.ts';
import type { ThinkingSeal } from '../signature.ts';
import { decodeBlock } from './blocks.ts';
import { decodeText } from './media.ts';
import { fromSummary, mergeNeighbours, type PlacedTurn } from './placed-turn.ts';
import { checkToolPairing } from './tool-pairing.ts';

interface DecodedTurns {
  readonly system: readonly TextPart[];
  readonly turns: readonly Turn[];
  readonly placed: readonly PlacedTurn[];
}

/**
 * Decodes the conversation to system parts and turns of alternating roles, with later system messages in
 * place, and with the positions of all parts in the request. Removes each message from its list after its
 * decoding, since two copies of 100,000 messages would need too much memory.
 *
 * @throws {invalid-request} if the messages are not a valid conversation
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
  const kept = fromSummary(placed);
  const spoken = yield* mergeNeighbours(kept.filter((turn) => turn.role !== 'system'));
  const [first] = spoken;
  if (first === undefined) throw noMessage();
  if (first.role !== 'user') {
    throw new RuntimeFailure('invalid-request', 'messages: first message must use the "user" role');
  }
  yield* checkToolPairing(spoken);
  const merged = yield* mergeNeighbours(kept);
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

/** Returns true for a system message that the client limited to one user turn, if that turn is over. */
function isCleared(message: Message, userFollows: boolean): boolean {
  return userFollows && message.role === 'system' && message.clear_at === 'next_user_message';
}

/** Moves the text of a leading system message to the system prompt. */
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

/** First system line of Claude Code. It changes with every conversation, so no cached prefix would match. */
const BILLING_LINE = /^x-anthropic-billing-header:[^\n]*\n*/;

function decodeSystemText(block: TextBlock): readonly TextPart[] {
  return decodeText({ ...block, text: block.text.replace(BILLING_LINE, '') });
}

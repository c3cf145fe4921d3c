import type {
  Conversation,
  Part,
  ServerToolCallPart,
  ServerToolResultPart,
  ToolCallPart,
  Turn,
} from '../../../core/conversation.ts';
import type { ServiceOutcome } from '../../../core/server-tools.ts';
import { resultOf } from './outcome-text.ts';

/**
 * Rewrites calls of server tools as the model made them: calls in the assistant's turn, and results in a
 * user turn after it. Calls without a result, or with one that Portico can't read, stay unchanged.
 */
export function withServerCalls(conversation: Conversation): Conversation {
  const { turns } = conversation;
  if (!turns.some(({ parts }) => parts.some(isReadResult))) return conversation;
  return { ...conversation, turns: merged(turns.flatMap(splitTurn)) };
}

type ReadResult = ServerToolResultPart & { readonly outcome: ServiceOutcome };

function isReadResult(part: Part): part is ReadResult {
  return part.kind === 'server-tool-result' && part.outcome !== undefined;
}

function splitTurn(turn: Turn): readonly Turn[] {
  if (turn.role !== 'assistant') return [turn];
  const results = new Map(turn.parts.filter(isReadResult).map((part) => [part.callId, part]));
  const calls = new Set<string>();
  const split: { role: Turn['role']; parts: Part[] }[] = [];
  const add = (role: Turn['role'], part: Part): void => {
    const last = split.at(-1);
    if (last?.role === role) last.parts.push(part);
    else split.push({ role, parts: [part] });
  };
  for (const part of turn.parts) {
    if (part.kind === 'server-tool-call' && results.has(part.id)) {
      calls.add(part.id);
      add('assistant', asCall(part));
    } else if (isReadResult(part) && calls.has(part.callId)) {
      add('user', resultOf({ id: part.callId }, part.outcome));
    } else add('assistant', part);
  }
  return split;
}

function asCall({ id, name, input }: ServerToolCallPart): ToolCallPart {
  return { kind: 'tool-call', id, name, input };
}

/** Joins neighbouring turns of one role. */
function merged(turns: readonly Turn[]): readonly Turn[] {
  const joined: Turn[] = [];
  for (const turn of turns) {
    const last = joined.at(-1);
    if (last?.role === turn.role) {
      joined[joined.length - 1] = { ...last, parts: [...last.parts, ...turn.parts] };
    } else joined.push(turn);
  }
  return joined;
}

/** Appends the assistant's turn and the results of its calls to a conversation. */
export function continued(
  conversation: Conversation,
  said: readonly Part[],
  results: readonly Part[],
): Conversation {
  const turns: readonly Turn[] = [
    ...conversation.turns,
    { role: 'assistant', parts: said },
    { role: 'user', parts: results },
  ];
  return { ...conversation, turns: merged(turns) };
}

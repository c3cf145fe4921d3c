import type { Part, Role } from '../../../core/conversation.ts';
import type { Steps } from '../../../core/steps.ts';
import { append } from '../../../core/lists.ts';

/** Part and its position in the request, for error messages. */
interface PlacedPart {
  readonly message: number;
  readonly block: number;
  readonly part: Part;
}

export interface PlacedTurn {
  readonly role: Role;
  readonly parts: readonly PlacedPart[];
}

/** Turns from the last summary on. The summary becomes a turn of the user, and replaces all before it. */
export function fromSummary(turns: readonly PlacedTurn[]): readonly PlacedTurn[] {
  const index = turns.findLastIndex(({ parts }) => parts.some(isSummary));
  const turn = turns[index];
  if (turn === undefined) return turns;
  const at = turn.parts.findLastIndex(isSummary);
  const rest = turn.parts.slice(at + 1);
  return [
    { role: 'user', parts: turn.parts.slice(at, at + 1) },
    ...(rest.length > 0 ? [{ role: turn.role, parts: rest }] : []),
    ...turns.slice(index + 1),
  ];
}

function isSummary({ part }: PlacedPart): boolean {
  return part.kind === 'compaction';
}

/** Joins adjacent turns of the same role. The other turns stay the same objects. */
export function* mergeNeighbours(turns: readonly PlacedTurn[]): Steps<readonly PlacedTurn[]> {
  const merged: PlacedTurn[] = [];
  /** Parts of the last turn, if it was joined here. */
  let joined: PlacedPart[] | undefined;
  for (const turn of turns) {
    yield;
    const last = merged.at(-1);
    if (last?.role !== turn.role) {
      merged.push(turn);
      joined = undefined;
      continue;
    }
    if (joined === undefined) {
      joined = [...last.parts];
      merged[merged.length - 1] = { role: turn.role, parts: joined };
    }
    append(joined, turn.parts);
  }
  return merged;
}

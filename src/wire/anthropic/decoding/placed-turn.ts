import type { Part, Role } from '../../../core/conversation.ts';

/** A part and where it stands in the request, for messages about it. */
interface PlacedPart {
  readonly message: number;
  readonly block: number;
  readonly part: Part;
}

export interface PlacedTurn {
  readonly role: Role;
  readonly parts: readonly PlacedPart[];
}

/** Joins turns of one role that follow each other, in their order. */
export function mergeNeighbours(turns: readonly PlacedTurn[]): readonly PlacedTurn[] {
  const merged: { role: Role; parts: PlacedPart[] }[] = [];
  for (const { role, parts } of turns) {
    const last = merged.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else merged.push({ role, parts: [...parts] });
  }
  return merged;
}

import type { EntryStates, Step } from './counted-entries.ts';

/** Property in the schema's order; without an entry, no value is valid. */
export interface CountedMember {
  readonly entry: string | undefined;
  readonly required: boolean;
}

interface State {
  /** Number of members that are decided. */
  readonly at: number;
  readonly count: number;
}

/** States of an object's entries by their number: known properties in order, then others. */
export function countedMembers(
  members: readonly CountedMember[],
  others: readonly string[],
  { least, most }: { readonly least: number; readonly most: number },
): EntryStates<State> {
  const highest = most === Infinity ? least : most;
  /** Position of the first required member from here on; the number of members if there is none. */
  const nextRequired = (at: number): number => {
    const found = members.findIndex((member, index) => index >= at && member.required);
    return found === -1 ? members.length : found;
  };
  return {
    start: { at: 0, count: 0 },
    key: ({ at, count }) => `${at} ${count}`,
    steps: ({ at, count }): readonly Step<State>[] => {
      if (count >= most) return [];
      const grown = Math.min(count + 1, highest);
      const end = nextRequired(at);
      const known = members
        .slice(at, end + 1)
        .flatMap(({ entry }, index) =>
          entry === undefined ? [] : [{ entry, next: { at: at + index + 1, count: grown } }],
        );
      if (end < members.length) return known;
      return [
        ...known,
        ...others.map((entry) => ({ entry, next: { at: members.length, count: grown } })),
      ];
    },
    mayEnd: ({ at, count }) => count >= least && nextRequired(at) === members.length,
  };
}

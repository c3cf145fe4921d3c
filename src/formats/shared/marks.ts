import { undecided } from './stops.ts';

/** Finds the first of several marks in one pass, the longest of those that begin at the same place. */
export class MarkFinder {
  readonly #pattern: RegExp;

  constructor(marks: readonly string[]) {
    const sorted = marks.toSorted((one, other) => other.length - one.length);
    const escaped = sorted.map((mark) => mark.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`));
    // Without marks it matches nothing.
    this.#pattern = new RegExp(escaped.length > 0 ? escaped.join('|') : '(?!)');
  }

  find(text: string): { readonly at: number; readonly mark: string } | undefined {
    const match = this.#pattern.exec(text);
    return match === null ? undefined : { at: match.index, mark: match[0] };
  }
}

/** Length of the end of a text that may be the beginning of a mark, with the white space before it if that is trimmed. */
export function heldBack(text: string, marks: readonly string[], space: 'keep' | 'trim'): number {
  const begun = undecided(text, marks);
  if (space === 'keep') return begun;
  const before = text.slice(0, text.length - begun);
  return begun + before.length - before.trimEnd().length;
}

/** Finds the first of several marks in one pass, and the longest one at the same place. */
export class MarkFinder {
  readonly #pattern: RegExp;

  constructor(marks: readonly string[]) {
    const sorted = marks.toSorted((one, other) => other.length - one.length);
    const escaped = sorted.map((mark) => mark.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`));
    // `(?!)` matches nothing.
    this.#pattern = new RegExp(escaped.length > 0 ? escaped.join('|') : '(?!)');
  }

  find(text: string): { readonly at: number; readonly mark: string } | undefined {
    const match = this.#pattern.exec(text);
    return match === null ? undefined : { at: match.index, mark: match[0] };
  }
}

/** Cached finders: a text with many marks needs the same ones after each mark. */
const finders = new Map<string, MarkFinder>();
const findersOfLists = new WeakMap<readonly string[], MarkFinder>();
const MOST_FINDERS = 500;

/** Finder of several marks, from the cache if possible. */
export function finderOf(marks: readonly string[]): MarkFinder {
  const finder = findersOfLists.get(marks) ?? finderOfTexts(marks);
  findersOfLists.set(marks, finder);
  return finder;
}

function finderOfTexts(marks: readonly string[]): MarkFinder {
  const key = marks.join('\0');
  const known = finders.get(key);
  if (known !== undefined) return known;
  if (finders.size >= MOST_FINDERS) finders.clear();
  const finder = new MarkFinder(marks);
  finders.set(key, finder);
  return finder;
}

/** Set of texts to find at the start of a text. It may contain thousands, one per tool. */
export class TextSet {
  readonly #texts: ReadonlySet<string>;
  /** Lengths of the texts, the longest first. */
  readonly #lengths: readonly number[];

  constructor(texts: readonly string[]) {
    this.#texts = new Set(texts);
    const lengths = new Set(texts.map(({ length }) => length));
    this.#lengths = [...lengths].toSorted((one, other) => other - one);
  }

  /** Returns the longest of the texts with which `text` begins. */
  beginningOf(text: string): string | undefined {
    for (const length of this.#lengths) {
      const beginning = text.slice(0, length);
      if (this.#texts.has(beginning)) return beginning;
    }
    return undefined;
  }

  /** Returns true if `text` is a proper prefix of one of the texts. */
  mayContinue(text: string): boolean {
    if (text.length >= (this.#lengths[0] ?? 0)) return false;
    for (const one of this.#texts) {
      if (one.length > text.length && one.startsWith(text)) return true;
    }
    return false;
  }
}

/** Returns true if a text is the beginning of a longer mark. */
export function mayGrow(text: string, marks: readonly string[]): boolean {
  return marks.some((mark) => mark.length > text.length && mark.startsWith(text));
}

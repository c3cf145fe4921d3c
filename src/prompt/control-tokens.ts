/**
 * Stretch of a prompt: the text of exactly one control token if `control` is set, otherwise plain text. Two
 * adjacent plain stretches stay separate if their joined text would be read as a control token.
 */
export interface PromptStretch {
  readonly text: string;
  readonly control: boolean;
}

/** Finds the control tokens of a vocabulary in text. */
export class ControlTokens {
  readonly #pattern: RegExp | undefined;
  readonly #watched: RegExp | undefined;
  /** Proper prefixes and suffixes of control tokens. */
  readonly #beginnings = new Set<string>();
  readonly #endings = new Set<string>();
  readonly #longest: number;

  /**
   * @param texts control tokens as they are written in a prompt, such as `<|im_end|>`
   * @param tags texts that are not tokens, but that templates search for in message content
   */
  constructor(texts: Iterable<string>, tags: Iterable<string> = []) {
    const sorted = longestFirst(texts);
    this.#longest = sorted[0]?.length ?? 0;
    this.#pattern = patternOf(sorted);
    this.#watched = patternOf(longestFirst([...sorted, ...tags]));
    for (const text of sorted) {
      for (let length = 1; length < text.length; length++) {
        this.#beginnings.add(text.slice(0, length));
        this.#endings.add(text.slice(-length));
      }
    }
  }

  /** Returns true if `text` could contain, or become part of, a control token anywhere in a prompt. */
  endangers(text: string): boolean {
    if (this.#watched === undefined) return false;
    if (text.search(this.#watched) !== -1) return true;
    for (let length = 1; length < Math.min(this.#longest, text.length + 1); length++) {
      if (this.#beginnings.has(text.slice(-length)) || this.#endings.has(text.slice(0, length))) {
        return true;
      }
    }
    return false;
  }

  /** Splits trusted text into control tokens and plain text. */
  split(text: string): readonly PromptStretch[] {
    if (this.#pattern === undefined) return text === '' ? [] : [{ text, control: false }];
    const stretches: PromptStretch[] = [];
    let from = 0;
    for (const match of text.matchAll(this.#pattern)) {
      if (match.index > from) {
        stretches.push({ text: text.slice(from, match.index), control: false });
      }
      stretches.push({ text: match[0], control: true });
      from = match.index + match[0].length;
    }
    if (from < text.length) stretches.push({ text: text.slice(from), control: false });
    return stretches;
  }

  /**
   * Cuts plain text into pieces without the text of a control token. Tokenizers recognize some tokens even
   * in plain text (llama.cpp: all user-defined ones, such as Qwen's `<tool_call>`), unless the text is
   * tokenized in two pieces.
   */
  cut(text: string): readonly string[] {
    if (this.#pattern === undefined) return [text];
    const pieces: string[] = [];
    let from = 0;
    for (;;) {
      this.#pattern.lastIndex = from;
      const match = this.#pattern.exec(text);
      if (match === null) return [...pieces, text.slice(from)];
      // Cut after the first character, which may be a surrogate pair.
      const end = match.index + String.fromCodePoint(match[0].codePointAt(0) ?? 0).length;
      pieces.push(text.slice(from, end));
      from = end;
    }
  }
}

/** Sorts by length: the text of one control token may be a prefix of another. */
function longestFirst(texts: Iterable<string>): readonly string[] {
  return [...new Set(texts)]
    .filter((text) => text !== '')
    .toSorted((one, other) => other.length - one.length);
}

function patternOf(texts: readonly string[]): RegExp | undefined {
  return texts.length === 0 ? undefined : new RegExp(texts.map(escapePattern).join('|'), 'g');
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

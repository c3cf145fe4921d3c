/**
 * A stretch of a prompt: `control` is the text of exactly one control token, anything else is plain. Two
 * plain ones stand side by side where together they would read as a control token.
 */
export interface PromptStretch {
  readonly text: string;
  readonly control: boolean;
}

/** The texts of a vocabulary's control tokens, and how to find them. */
export class ControlTokens {
  readonly #pattern: RegExp | undefined;
  readonly #watched: RegExp | undefined;
  /** What a control token may begin and end with, without being whole. */
  readonly #beginnings = new Set<string>();
  readonly #endings = new Set<string>();
  readonly #longest: number;

  /**
   * @param texts the control tokens as they are written in a prompt, such as `<|im_end|>`
   * @param tags texts that are no tokens, but that templates look for in what others wrote
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

  /** Whether `text`, put anywhere into a prompt, could be or become part of a control token. */
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

  /** Tells the control tokens in trusted text from the rest. */
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
   * Plain text in pieces that hold no control token's text. Tokenizers make some tokens of any text
   * (llama.cpp: all that are user-defined, such as Qwen's `<tool_call>`), unless it comes in two pieces.
   */
  cut(text: string): readonly string[] {
    if (this.#pattern === undefined) return [text];
    const pieces: string[] = [];
    let from = 0;
    for (;;) {
      this.#pattern.lastIndex = from;
      const match = this.#pattern.exec(text);
      if (match === null) return [...pieces, text.slice(from)];
      // Behind the first character, which may be two units long.
      const end = match.index + String.fromCodePoint(match[0].codePointAt(0) ?? 0).length;
      pieces.push(text.slice(from, end));
      from = end;
    }
  }
}

/** One control token's text may begin another's. */
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

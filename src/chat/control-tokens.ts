import { randomBytes } from 'node:crypto';
import { isRecord } from '../core/json.ts';

/** A stretch of a prompt: `control` is the text of exactly one control token, anything else is plain. */
export interface PromptStretch {
  readonly text: string;
  readonly control: boolean;
}

/** The texts of a vocabulary's control tokens, and how to find them. */
export class ControlTokens {
  readonly #pattern: RegExp | undefined;
  /** What a control token may begin and end with, without being whole. */
  readonly #beginnings = new Set<string>();
  readonly #endings = new Set<string>();
  readonly #longest: number;

  /** `texts` are the control tokens as they are written in a prompt, such as `<|im_end|>`. */
  constructor(texts: Iterable<string>) {
    // Longest first, since one control token's text may begin another's.
    const sorted = [...new Set(texts)]
      .filter((text) => text !== '')
      .toSorted((one, other) => other.length - one.length);
    this.#longest = sorted[0]?.length ?? 0;
    this.#pattern =
      sorted.length === 0 ? undefined : new RegExp(sorted.map(escapePattern).join('|'), 'g');
    for (const text of sorted) {
      for (let length = 1; length < text.length; length++) {
        this.#beginnings.add(text.slice(0, length));
        this.#endings.add(text.slice(-length));
      }
    }
  }

  /** Whether `text`, put anywhere into a prompt, could be or become part of a control token. */
  endangers(text: string): boolean {
    if (this.#pattern === undefined) return false;
    if (text.search(this.#pattern) !== -1) return true;
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
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

/**
 * Keeps what others wrote from becoming control tokens: text that could is rendered as a placeholder,
 * which is put back only after the control tokens of the rendered prompt have been found.
 */
export class Placeholders {
  readonly #control: ControlTokens;
  /** Nobody can guess it, so nobody can write a placeholder of their own. */
  readonly #nonce = randomBytes(12).toString('hex');
  readonly #texts: string[] = [];

  constructor(control: ControlTokens) {
    this.#control = control;
  }

  /** The value with every string in it that could forge a control token replaced. */
  protect(value: unknown): unknown {
    if (typeof value === 'string') return this.protectText(value);
    if (Array.isArray(value)) return value.map((item: unknown) => this.protect(item));
    if (!isRecord(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [this.protectText(key), this.protect(item)]),
    );
  }

  /** The rendered prompt in stretches, with the replaced texts back in as plain text. */
  restore(rendered: string): readonly PromptStretch[] {
    const pattern = new RegExp(String.raw`P${this.#nonce}(\\*)"(\d+)\\*"`, 'g');
    const stretches: PromptStretch[] = [];
    let from = 0;
    for (const match of rendered.matchAll(pattern)) {
      stretches.push(...this.#control.split(rendered.slice(from, match.index)));
      const text = this.#texts[Number(match[2])] ?? '';
      stretches.push({ text: escapeAsIn(text, match[1] ?? ''), control: false });
      from = match.index + match[0].length;
    }
    stretches.push(...this.#control.split(rendered.slice(from)));
    return joinPlain(stretches);
  }

  /** The text, or a placeholder for it. */
  protectText(text: string): string {
    if (!this.#control.endangers(text)) return text;
    this.#texts.push(text);
    // Its quotes show afterwards whether the template wrote it into a JSON string, and how deep.
    return `P${this.#nonce}"${this.#texts.length - 1}"`;
  }
}

/** `backslashes` stood before a quote: none outside JSON, one in a JSON string, three in one in another. */
function escapeAsIn(text: string, backslashes: string): string {
  const depth = Math.log2(backslashes.length + 1);
  let escaped = text;
  for (let level = 0; level < depth; level++) escaped = JSON.stringify(escaped).slice(1, -1);
  return escaped;
}

/** Neighbouring plain stretches are tokenized as one, as they would be without placeholders. */
function joinPlain(stretches: readonly PromptStretch[]): readonly PromptStretch[] {
  const joined: PromptStretch[] = [];
  for (const stretch of stretches) {
    const last = joined.at(-1);
    if (last !== undefined && !last.control && !stretch.control) {
      joined[joined.length - 1] = { text: last.text + stretch.text, control: false };
    } else if (stretch.text !== '') joined.push(stretch);
  }
  return joined;
}

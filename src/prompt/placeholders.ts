import { randomBytes } from 'node:crypto';
import { isRecord } from '../core/json.ts';
import type { ControlTokens, PromptStretch } from './control-tokens.ts';

/** P (plain) never becomes a control token, T (trusted) may contain some, A (ahead) is trusted and moves. */
type Kind = 'P' | 'T' | 'A';

/**
 * Prevents message content from becoming control tokens. Dangerous text is rendered as a placeholder, and
 * restored only after the control tokens of the rendered prompt have been found.
 */
export class Placeholders {
  readonly #control: ControlTokens;
  /** Random, so that message content can't forge a placeholder. */
  readonly #nonce = randomBytes(12).toString('hex');
  readonly #texts: string[] = [];

  constructor(control: ControlTokens) {
    this.#control = control;
  }

  /** Returns the value with each string that could forge a control token replaced by a placeholder. */
  protect(value: unknown): unknown {
    if (typeof value === 'string') return this.protectText(value);
    if (Array.isArray(value)) return value.map((item: unknown) => this.protect(item));
    return isRecord(value) ? this.protectObject(value) : value;
  }

  protectObject(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [this.protectText(key), this.protect(item)]),
    );
  }

  /** Returns the text, or a placeholder for it. Text with a placeholder inside is already safe. */
  protectText(text: string): string {
    const safe = text.includes(this.#nonce) || !this.#control.endangers(text);
    return safe ? text : this.#keep('P', text);
  }

  /** Placeholder for trusted text, whose control tokens count. Message content in it is already protected. */
  trust(text: string): string {
    return this.#keep('T', text);
  }

  /**
   * Placeholder for text that moves in front of the `lead` before the placeholder.
   *
   * @param around trusted texts around it
   */
  ahead(text: string, around = { open: '', close: '' }): string {
    return this.#keep('A', around.open + this.protectText(text) + around.close);
  }

  /**
   * Splits the rendered prompt into stretches and restores the replaced texts.
   *
   * @param lead text that the template writes between the place of an `ahead` text and its placeholder
   */
  restore(rendered: string, lead = ''): readonly PromptStretch[] {
    return joinPlain([...this.#stretches(rendered, lead)]).flatMap((stretch) =>
      stretch.control
        ? [stretch]
        : this.#control.cut(stretch.text).map((text) => ({ text, control: false })),
    );
  }

  #keep(kind: Kind, text: string): string {
    this.#texts.push(text);
    // The quotes show later whether the template wrote it into a JSON string, and at which depth.
    return `${kind}${this.#nonce}"${this.#texts.length - 1}"`;
  }

  *#stretches(rendered: string, lead: string): Generator<PromptStretch> {
    const pattern = new RegExp(String.raw`([PTA])${this.#nonce}(\\*)"(\d+)\\*"`, 'gi');
    let from = 0;
    for (const match of rendered.matchAll(pattern)) {
      const [whole, kind = '', backslashes = '', index] = match;
      const before = rendered.slice(from, match.index);
      const text = this.#texts[Number(index)] ?? '';
      // Some templates repeat the call's name, and thus this placeholder, next to the result.
      if (kind === 'A') this.#texts[Number(index)] = '';
      const moved = kind === 'A' && text !== '' && before.endsWith(lead) ? lead : '';
      yield* this.#control.split(before.slice(0, before.length - moved.length));
      if (kind === 'A') yield* this.#stretches(text, lead);
      else if (kind === 'T') yield* this.#stretches(escapeAsIn(text, backslashes), lead);
      else yield { text: escapeAsIn(text, backslashes), control: false };
      yield* this.#control.split(moved);
      from = match.index + whole.length;
    }
    yield* this.#control.split(rendered.slice(from));
  }
}

/**
 * Escapes text for its place in JSON.
 *
 * @param backslashes those before the quote: none outside JSON, one in a JSON string, three if nested twice
 */
function escapeAsIn(text: string, backslashes: string): string {
  const depth = Math.log2(backslashes.length + 1);
  let escaped = text;
  for (let level = 0; level < depth; level++) escaped = JSON.stringify(escaped).slice(1, -1);
  return escaped;
}

/** Joins adjacent plain stretches, so that they are tokenized as one, as without placeholders. */
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

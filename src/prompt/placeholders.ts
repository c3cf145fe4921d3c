import { randomBytes } from 'node:crypto';
import { isRecord } from '../core/json.ts';
import type { ControlTokens, PromptStretch } from './control-tokens.ts';

/** `plain` is never a control token, `trusted` may hold some, `ahead` is plain and moves to the front. */
type Kind = 'P' | 'T' | 'A';

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
    return isRecord(value) ? this.protectObject(value) : value;
  }

  protectObject(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [this.protectText(key), this.protect(item)]),
    );
  }

  /** The text, or a placeholder for it. What holds a placeholder already is safe. */
  protectText(text: string): string {
    const safe = text.includes(this.#nonce) || !this.#control.endangers(text);
    return safe ? text : this.#keep('P', text);
  }

  /** A placeholder for text of our own, whose control tokens count; what others wrote is protected in it. */
  trust(text: string): string {
    return this.#keep('T', text);
  }

  /** A placeholder for text that is to stand before the `lead` that precedes the placeholder. */
  ahead(text: string): string {
    return this.#keep('A', text);
  }

  /**
   * The rendered prompt in stretches, with the replaced texts back in.
   *
   * @param lead what the template writes between the place of texts `ahead` and their placeholders
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
    // Its quotes show afterwards whether the template wrote it into a JSON string, and how deep.
    return `${kind}${this.#nonce}"${this.#texts.length - 1}"`;
  }

  *#stretches(rendered: string, lead: string): Generator<PromptStretch> {
    const pattern = new RegExp(String.raw`([PTA])${this.#nonce}(\\*)"(\d+)\\*"`, 'gi');
    let from = 0;
    for (const match of rendered.matchAll(pattern)) {
      const [whole, kind = '', backslashes = '', index] = match;
      const before = rendered.slice(from, match.index);
      const text = this.#texts[Number(index)] ?? '';
      // Some templates repeat the name that it stands in, beside the call's result.
      if (kind === 'A') this.#texts[Number(index)] = '';
      const moved = kind === 'A' && text !== '' && before.endsWith(lead) ? lead : '';
      yield* this.#control.split(before.slice(0, before.length - moved.length));
      if (kind === 'T') yield* this.#stretches(escapeAsIn(text, backslashes), lead);
      else yield { text: kind === 'A' ? text : escapeAsIn(text, backslashes), control: false };
      yield* this.#control.split(moved);
      from = match.index + whole.length;
    }
    yield* this.#control.split(rendered.slice(from));
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

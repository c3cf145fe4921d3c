import { forbidsString, isWrapperKey, itemSchema, propertySchema } from './schema-types.ts';

interface Level {
  readonly closing: '}' | ']';
  readonly schema: unknown;
  /** Schema of the value that comes next. */
  next: unknown;
  isEmpty: boolean;
}

interface Token {
  readonly kind: 'key' | 'string' | 'scalar';
  text: string;
}

type Expected = 'object' | 'first' | 'key' | 'colon' | 'value' | 'after' | 'nothing';

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const ESCAPE = /^\\(["\\/bfnrt]|u[\da-fA-F]{4})$/;
const ESCAPE_START = /^\\(u[\da-fA-F]{0,3})?$/;

/**
 * Checks a JSON object while its text arrives, and releases only text that stays correct for any continuation.
 * Releases nothing from the first violation on: malformed JSON, or a string although the schema requires
 * another type. A comma, a key, a number or a literal waits until the text after it is known.
 */
export class JsonPrefix {
  readonly #schema: unknown;
  readonly #levels: Level[] = [];
  #expected: Expected = 'object';
  /** Complete text so far. It is only appended to, which avoids copies. */
  #text = '';
  /** Released part of `#text`. */
  #sent = '';
  /** Held-back end of `#text`. */
  #held = '';
  /** Index of the current character in the latest text. */
  #at = 0;
  /** Index in the latest text up to which it may be released; -1 if none of it may. */
  #safe = -1;
  #violated = false;
  /** Incomplete key, string or scalar. The text of a string is not recorded. */
  #token: Token | undefined;
  /** Incomplete escape. */
  #escape = '';

  constructor(schema: unknown) {
    this.#schema = schema;
  }

  /** Complete text so far. */
  get text(): string {
    return this.#text;
  }

  /** Released part of the text. */
  get released(): string {
    return this.#sent;
  }

  /** True if the object is complete and correct. */
  get complete(): boolean {
    return !this.#violated && this.#expected === 'nothing';
  }

  /** True after the first violation. */
  get violated(): boolean {
    return this.#violated;
  }

  /** True if the text ends inside a key or a string, so that a part of it is missing. */
  get inString(): boolean {
    return !this.#violated && this.#token !== undefined && this.#token.kind !== 'scalar';
  }

  /** Checks the next text. Returns the newly released text. */
  push(text: string): string {
    this.#text += text;
    this.#at = 0;
    this.#safe = -1;
    while (!this.#violated && this.#expected !== 'nothing' && this.#at < text.length) {
      if (this.#take(text.charAt(this.#at))) this.#at++;
    }
    if (this.#safe < 0) {
      this.#held += text;
      return '';
    }
    const released = this.#held + text.slice(0, this.#safe);
    this.#held = text.slice(this.#safe);
    this.#sent += released;
    return released;
  }

  /** Returns true if the character was consumed. */
  #take(character: string): boolean {
    if (this.#token?.kind === 'scalar') return this.#inScalar(character, this.#token);
    if (this.#token !== undefined) return this.#inString(character, this.#token);
    if (/[ \t\r\n]/.test(character)) return true;
    if (character === this.#levels.at(-1)?.closing && this.#mayClose()) return this.#close();
    switch (this.#expected) {
      case 'object':
        return character === '{' ? this.#open('}', this.#schema) : this.#violate();
      case 'first':
      case 'key':
        if (character !== '"') return this.#violate();
        this.#token = { kind: 'key', text: character };
        return true;
      case 'colon':
        if (character !== ':') return this.#violate();
        this.#expected = 'value';
        return this.#release();
      case 'value':
        return this.#value(character);
      case 'after':
        if (character !== ',') return this.#violate();
        this.#expected = this.#levels.at(-1)?.closing === '}' ? 'key' : 'value';
        return true;
      case 'nothing':
        return true;
      default:
        return this.#expected satisfies never;
    }
  }

  #mayClose(): boolean {
    if (this.#expected === 'first' || this.#expected === 'after') return true;
    const level = this.#levels.at(-1);
    return this.#expected === 'value' && level?.closing === ']' && level.isEmpty;
  }

  #value(character: string): boolean {
    const level = this.#levels.at(-1);
    const schema = level?.next;
    if (level !== undefined) level.isEmpty = false;
    if (character === '{') return this.#open('}', schema);
    if (character === '[') return this.#open(']', schema);
    if (character === '"') {
      if (forbidsString(schema)) return this.#violate();
      this.#token = { kind: 'string', text: '' };
      return this.#release();
    }
    this.#token = { kind: 'scalar', text: character };
    return true;
  }

  #open(closing: '}' | ']', schema: unknown): boolean {
    this.#levels.push({ closing, schema, next: itemSchema(schema), isEmpty: true });
    this.#expected = closing === '}' ? 'first' : 'value';
    // The outermost brace waits for the first key, so that nothing of a non-object is released.
    return this.#levels.length === 1 || this.#release();
  }

  #close(): boolean {
    this.#levels.pop();
    this.#expected = this.#levels.length === 0 ? 'nothing' : 'after';
    return this.#release();
  }

  #inString(character: string, token: Token): boolean {
    if (token.kind === 'key') token.text += character;
    if (this.#escape !== '') {
      this.#escape += character;
      if (!ESCAPE.test(this.#escape)) return ESCAPE_START.test(this.#escape) || this.#violate();
      this.#escape = '';
      return token.kind === 'key' || this.#release();
    }
    if (character === '\\') this.#escape = character;
    else if (character < ' ') return this.#violate();
    else if (character === '"') return this.#endString(token);
    else if (token.kind !== 'key') this.#release();
    return true;
  }

  #endString({ kind, text }: Token): boolean {
    this.#token = undefined;
    if (kind !== 'key') {
      this.#expected = 'after';
      return this.#release();
    }
    const key = String(JSON.parse(text));
    const level = this.#levels.at(-1);
    if (this.#levels.length === 1 && isWrapperKey(level?.schema, key)) return this.#violate();
    if (level !== undefined) level.next = propertySchema(level.schema, key);
    this.#expected = 'colon';
    return true;
  }

  #inScalar(character: string, token: Token): boolean {
    if (!/[\s,\]}]/.test(character)) {
      token.text += character;
      return true;
    }
    const { text } = token;
    if (!NUMBER.test(text) && !['true', 'false', 'null'].includes(text)) return this.#violate();
    this.#token = undefined;
    this.#expected = 'after';
    this.#safe = this.#at;
    return false;
  }

  #release(): boolean {
    this.#safe = this.#at + 1;
    return true;
  }

  #violate(): boolean {
    this.#violated = true;
    return true;
  }
}

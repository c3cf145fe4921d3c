import { JsonMistake, stringMistake } from './json-mistake.ts';
import type { Steps } from './steps.ts';

/** Limit of values: more would need far more memory than their text. */
const MOST_VALUES = 1_000_000;
/** Lists and objects inside each other. */
const MOST_LEVELS = 1000;
/** Keys of one object: listing more takes V8 tens of milliseconds each time. */
const MOST_KEYS = 20_000;
/** Characters of one key. V8 hashes longer ones by their length only, so that many of them collide. */
const LONGEST_KEY = 16_000;

const VALUES_A_STEP = 256;
/** Characters above which a string is a step of its own. */
const LONG_STRING = 64 * 1024;

const WORDS = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?/iy;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Unclosed list or object. */
type Open =
  | { readonly close: typeof CLOSE_LIST; readonly value: unknown[] }
  | {
      readonly close: typeof CLOSE_OBJECT;
      readonly value: Record<string, unknown>;
      key: string;
      keys: number;
    };

/**
 * Reads JSON as `JSON.parse` does, in steps, and stops at the first mistake. `JSON.parse` can't yield,
 * needs gigabytes for some texts of 32 MB, and does not always say where a mistake is.
 *
 * @throws JsonMistake
 */
export function readJson(text: string): Steps<unknown> {
  return new Reader(text).read();
}

class Reader {
  readonly #text: string;
  readonly #open: Open[] = [];
  #at = 0;
  #values = 0;

  constructor(text: string) {
    this.#text = text;
  }

  *read(): Steps<unknown> {
    for (;;) {
      if (++this.#values % VALUES_A_STEP === 0) yield;
      if (this.#values > MOST_VALUES) throw this.#tooMany(MOST_VALUES, 'values');
      let value: unknown;
      const code = this.#next();
      if (code === OPEN_LIST || code === OPEN_OBJECT) {
        if (!this.#enter(code)) continue;
        value = this.#leave();
      } else if (code === QUOTE) {
        const end = this.#stringEnd();
        const isLong = end - this.#at > LONG_STRING;
        if (isLong) yield;
        value = this.#tryString(end);
        if (isLong) yield;
        if (value === undefined) throw stringMistake(this.#text, this.#at);
      } else value = this.#word();
      while (this.#put(value)) {
        if (this.#goesOn()) break;
        value = this.#leave();
      }
      if (this.#open.length === 0) return this.#end(value);
    }
  }

  /** Code of the next non-space character; NaN at the end of the text. */
  #next(): number {
    const text = this.#text;
    let at = this.#at;
    let code = text.charCodeAt(at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      at += 1;
      code = text.charCodeAt(at);
    }
    this.#at = at;
    return code;
  }

  /** Opens a list or an object. Returns true if it is empty. */
  #enter(code: typeof OPEN_LIST | typeof OPEN_OBJECT): boolean {
    if (this.#open.length >= MOST_LEVELS) throw this.#tooMany(MOST_LEVELS, 'levels');
    this.#at += 1;
    const isEmpty = this.#next() === (code === OPEN_LIST ? CLOSE_LIST : CLOSE_OBJECT);
    if (code === OPEN_LIST) this.#open.push({ close: CLOSE_LIST, value: [] });
    else {
      const key = isEmpty ? '' : this.#key();
      this.#open.push({ close: CLOSE_OBJECT, value: {}, key, keys: 1 });
    }
    return isEmpty;
  }

  #leave(): unknown {
    this.#at += 1;
    return this.#open.pop()?.value;
  }

  /** Adds a value to the innermost open container. Returns false if none is open. */
  #put(value: unknown): boolean {
    const open = this.#open.at(-1);
    if (open === undefined) return false;
    if (open.close === CLOSE_LIST) open.value.push(value);
    else if (open.key !== '__proto__') open.value[open.key] = value;
    else {
      const property = { value, enumerable: true, configurable: true, writable: true };
      Object.defineProperty(open.value, open.key, property);
    }
    return true;
  }

  /** Advances to the next value of the open container. Returns false if it ends here. */
  #goesOn(): boolean {
    const open = this.#open.at(-1);
    const code = this.#next();
    if (code === open?.close) return false;
    if (code !== COMMA) throw this.#unexpected();
    this.#at += 1;
    if (open?.close === CLOSE_OBJECT) {
      this.#next();
      open.keys += 1;
      if (open.keys > MOST_KEYS) throw this.#tooMany(MOST_KEYS, 'keys in one object');
      open.key = this.#key();
    }
    return true;
  }

  #key(): string {
    if (this.#text.charCodeAt(this.#at) !== QUOTE) throw this.#unexpected();
    const end = this.#stringEnd();
    const key = this.#tryString(end);
    if (key === undefined) throw stringMistake(this.#text, this.#at);
    if (key.length > LONGEST_KEY) throw this.#tooMany(LONGEST_KEY, 'characters in one key');
    if (this.#next() !== COLON) throw this.#unexpected();
    this.#at += 1;
    return key;
  }

  /** Finds the place after the closing quote of the string that begins here. */
  #stringEnd(): number {
    const text = this.#text;
    const end = text.indexOf('"', this.#at + 1);
    if (end !== -1 && text.charCodeAt(end - 1) !== BACKSLASH) return end + 1;
    // A search per escaped quote would take longer than a loop over the characters.
    for (let at = this.#at + 1; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) return at + 1;
      if (code === BACKSLASH) at += 1;
    }
    throw new JsonMistake('unterminated string', this.#at);
  }

  /** Parses the string that ends here; returns undefined if it is malformed. */
  #tryString(end: number): string | undefined {
    const quoted = this.#text.slice(this.#at, end);
    try {
      // `String` copies: a slice would keep the complete text in memory while the string is used.
      const value = String(JSON.parse(quoted));
      this.#at = end;
      return value;
    } catch {
      return undefined;
    }
  }

  /** Reads a number, or `true`, `false` or `null`. */
  #word(): unknown {
    const word = WORDS.find(([written]) => this.#text.startsWith(written, this.#at));
    if (word !== undefined) {
      this.#at += word[0].length;
      return word[1];
    }
    const begin = this.#at;
    NUMBER.lastIndex = begin;
    if (!NUMBER.test(this.#text)) {
      throw this.#text.charAt(begin) === '-'
        ? new JsonMistake('invalid number', begin)
        : this.#unexpected();
    }
    this.#at = NUMBER.lastIndex;
    return Number(this.#text.slice(begin, this.#at));
  }

  #end(value: unknown): unknown {
    if (!Number.isNaN(this.#next())) {
      throw new JsonMistake('unexpected content after document', this.#at);
    }
    return value;
  }

  #unexpected(): JsonMistake {
    const isEnd = this.#at >= this.#text.length;
    return new JsonMistake(isEnd ? 'unexpected end of data' : 'unexpected character', this.#at);
  }

  #tooMany(most: number, what: string): JsonMistake {
    return new JsonMistake(`more than ${most} ${what}`, this.#at, true);
  }
}

import { complement } from './code-points.ts';
import type { Range } from './code-points.ts';
import { append } from '../core/lists.ts';

/** Regular expression, as far as a grammar can express one. */
export type Pattern =
  | { readonly kind: 'character'; readonly ranges: readonly Range[] }
  | { readonly kind: 'sequence'; readonly items: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly options: readonly Pattern[] }
  | {
      readonly kind: 'repeat';
      readonly item: Pattern;
      readonly least: number;
      readonly most: number;
    }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' };

const DIGIT: readonly Range[] = [[0x30, 0x39]];
const WORD: readonly Range[] = [...DIGIT, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
const SPACE: readonly Range[] = [
  ...([
    [0x09, 0x0d],
    [0x20, 0x20],
    [0xa0, 0xa0],
    [0x1680, 0x1680],
    [0x2000, 0x200a],
  ] as const),
  ...([
    [0x2028, 0x2029],
    [0x202f, 0x202f],
    [0x205f, 0x205f],
    [0x3000, 0x3000],
    [0xfeff, 0xfeff],
  ] as const),
];
const LINE_END: readonly Range[] = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];

const CLASSES: ReadonlyMap<string, readonly Range[]> = new Map([
  ['d', DIGIT],
  ['w', WORD],
  ['s', SPACE],
  ['D', complement(DIGIT)],
  ['W', complement(WORD)],
  ['S', complement(SPACE)],
]);
const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['t', 0x09],
  ['n', 0x0a],
  ['v', 0x0b],
  ['f', 0x0c],
  ['r', 0x0d],
]);

/** Error for a pattern that a grammar can't express, such as a look-ahead. */
class Unsupported extends Error {}

/** Parses a regular expression of ECMA-262; returns undefined if a grammar can't express it. */
export function parsePattern(source: string): Pattern | undefined {
  try {
    const parser = new PatternParser(source);
    return parser.parse();
  } catch (error) {
    if (error instanceof Unsupported) return undefined;
    throw error;
  }
}

class PatternParser {
  readonly #characters: readonly string[];
  #at = 0;

  constructor(source: string) {
    this.#characters = Array.from(source);
  }

  parse(): Pattern {
    const pattern = this.#choice();
    if (this.#peek() !== undefined) throw new Unsupported('an unmatched parenthesis');
    return pattern;
  }

  #choice(): Pattern {
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    const [first] = options;
    return options.length === 1 && first !== undefined ? first : { kind: 'choice', options };
  }

  #sequence(): Pattern {
    const items: Pattern[] = [];
    for (let next = this.#peek(); next !== undefined; next = this.#peek()) {
      if (next === '|' || next === ')') break;
      items.push(this.#repeated(this.#atom()));
    }
    return { kind: 'sequence', items };
  }

  #atom(): Pattern {
    const character = this.#next();
    switch (character) {
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '.':
        return { kind: 'character', ranges: complement(LINE_END) };
      case '[':
        return { kind: 'character', ranges: this.#class() };
      case '(':
        return this.#group();
      case '\\':
        return { kind: 'character', ranges: this.#escape() };
      case '*':
      case '+':
      case '?':
      case '{':
        throw new Unsupported(`${character} without something to repeat`);
      default:
        return { kind: 'character', ranges: [only(character)] };
    }
  }

  #group(): Pattern {
    if (this.#take('?') && !this.#take(':')) throw new Unsupported('a group of a special kind');
    const inner = this.#choice();
    if (!this.#take(')')) throw new Unsupported('an open group');
    return inner;
  }

  #repeated(item: Pattern): Pattern {
    const bounds = this.#bounds();
    if (bounds === undefined) return item;
    if (item.kind === 'start' || item.kind === 'end') throw new Unsupported('a repeated anchor');
    // Greedy and lazy quantifiers match the same texts.
    this.#take('?');
    return { kind: 'repeat', item, ...bounds };
  }

  #bounds(): { readonly least: number; readonly most: number } | undefined {
    if (this.#take('*')) return { least: 0, most: Infinity };
    if (this.#take('+')) return { least: 1, most: Infinity };
    if (this.#take('?')) return { least: 0, most: 1 };
    if (!this.#take('{')) return undefined;
    const least = this.#count();
    if (least === undefined) throw new Unsupported('a repetition without a count');
    const most = this.#take(',') ? (this.#count() ?? Infinity) : least;
    if (!this.#take('}') || most < least) throw new Unsupported('a repetition that is none');
    return { least, most };
  }

  #count(): number | undefined {
    let digits = '';
    while (/^\d$/.test(this.#peek() ?? '')) digits += this.#next();
    return digits === '' ? undefined : Number(digits);
  }

  #class(): readonly Range[] {
    const except = this.#take('^');
    const ranges: Range[] = [];
    while (!this.#take(']')) {
      const from = this.#classMember();
      const [first] = from;
      if (this.#peek() === '-' && this.#characters[this.#at + 1] !== ']') {
        this.#next();
        const [last] = this.#classMember();
        if (!isSingle(first) || !isSingle(last) || last[0] < first[0])
          throw new Unsupported('a range that is none');
        ranges.push([first[0], last[0]]);
      } else append(ranges, from);
    }
    return except ? complement(ranges) : ranges;
  }

  #classMember(): readonly Range[] {
    const character = this.#next();
    if (character !== '\\') return [only(character)];
    return this.#take('b') ? [[0x08, 0x08]] : this.#escape();
  }

  #escape(): readonly Range[] {
    const character = this.#next();
    const known = CLASSES.get(character);
    if (known !== undefined) return known;
    const control = CONTROLS.get(character);
    if (control !== undefined) return [[control, control]];
    if (character === 'x') return this.#hexadecimal(2);
    if (character === 'u') return this.#hexadecimal(4);
    // Escaped letters and digits that remain are references, boundaries and properties.
    if (/^[a-zA-Z0-9]$/.test(character)) throw new Unsupported(`the escape \\${character}`);
    return [only(character)];
  }

  #hexadecimal(length: number): readonly Range[] {
    const digits = this.#characters.slice(this.#at, this.#at + length).join('');
    if (!new RegExp(`^[0-9a-fA-F]{${length}}$`).test(digits)) throw new Unsupported('an escape');
    this.#at += length;
    const code = Number.parseInt(digits, 16);
    return [[code, code]];
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #next(): string {
    const character = this.#peek();
    if (character === undefined) throw new Unsupported('an early end');
    this.#at++;
    return character;
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }
}

function only(character: string): Range {
  const code = character.codePointAt(0) ?? 0;
  return [code, code];
}

function isSingle(range: Range | undefined): range is Range {
  return range !== undefined && range[0] === range[1];
}

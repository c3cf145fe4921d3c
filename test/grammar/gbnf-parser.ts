/** A GBNF expression, as far as our grammars use it. */
export type Expression =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'class'; readonly except: boolean; readonly ranges: readonly CodeRange[] }
  | { readonly kind: 'rule'; readonly name: string }
  | { readonly kind: 'sequence'; readonly items: readonly Expression[] }
  | { readonly kind: 'choice'; readonly options: readonly Expression[] }
  | {
      readonly kind: 'repeat';
      readonly item: Expression;
      readonly least: number;
      readonly most: number;
    };

export type CodeRange = readonly [first: number, last: number];

/** Parses a grammar into its rules by name. Throws where it is none. */
export function parseGrammar(grammar: string): ReadonlyMap<string, Expression> {
  const rules = new Map<string, Expression>();
  for (const line of grammar.split('\n')) {
    const [name = '', body = ''] = line.split(/ ::= (.*)/s);
    if (!/^[a-zA-Z0-9-]+$/.test(name) || rules.has(name)) throw new Error(`A bad rule: ${line}`);
    rules.set(name, new Parser(body).parse());
  }
  return rules;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
const HEXADECIMAL: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Expression {
    const expression = this.#choice();
    if (this.#at < this.#text.length) throw new Error(`Can't read: ${this.#text.slice(this.#at)}`);
    return expression;
  }

  #choice(): Expression {
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    return { kind: 'choice', options };
  }

  #sequence(): Expression {
    const items: Expression[] = [];
    for (;;) {
      this.#space();
      const next = this.#text[this.#at];
      if (next === undefined || next === '|' || next === ')') return { kind: 'sequence', items };
      items.push(this.#repeated(this.#atom()));
    }
  }

  #atom(): Expression {
    if (this.#take('"')) return { kind: 'text', text: this.#quoted() };
    if (this.#take('[')) return this.#class();
    if (this.#take('(')) {
      const inner = this.#choice();
      if (!this.#take(')')) throw new Error('An open group.');
      return inner;
    }
    const name = /^[a-zA-Z0-9-]+/.exec(this.#text.slice(this.#at))?.[0];
    if (name === undefined) throw new Error(`Can't read: ${this.#text.slice(this.#at)}`);
    this.#at += name.length;
    return { kind: 'rule', name };
  }

  #repeated(item: Expression): Expression {
    this.#space();
    const found = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})/.exec(this.#text.slice(this.#at));
    if (found === null) return item;
    const [whole, least = '', comma = '', most = ''] = found;
    this.#at += whole.length;
    if (whole === '*') return { kind: 'repeat', item, least: 0, most: Infinity };
    if (whole === '+') return { kind: 'repeat', item, least: 1, most: Infinity };
    if (whole === '?') return { kind: 'repeat', item, least: 0, most: 1 };
    const end = most === '' ? Infinity : Number(most);
    return { kind: 'repeat', item, least: Number(least), most: comma === '' ? Number(least) : end };
  }

  #quoted(): string {
    let text = '';
    while (!this.#take('"', false)) text += this.#character();
    return text;
  }

  #class(): Expression {
    const except = this.#take('^', false);
    const ranges: CodeRange[] = [];
    while (!this.#take(']', false)) {
      const first = this.#character().codePointAt(0) ?? 0;
      const isRange = this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']';
      if (isRange) this.#at++;
      ranges.push([first, isRange ? (this.#character().codePointAt(0) ?? 0) : first]);
    }
    return { kind: 'class', except, ranges };
  }

  #character(): string {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) throw new Error('An early end.');
    const character = String.fromCodePoint(code);
    this.#at += character.length;
    if (character !== '\\') return character;
    const escape = this.#text.charAt(this.#at++);
    const length = HEXADECIMAL[escape];
    if (length === undefined) return ESCAPES[escape] ?? escape;
    const digits = this.#text.slice(this.#at, this.#at + length);
    this.#at += length;
    return String.fromCodePoint(Number.parseInt(digits, 16));
  }

  #take(text: string, skipSpace = true): boolean {
    if (skipSpace) this.#space();
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #space(): void {
    while (this.#text[this.#at] === ' ') this.#at++;
  }
}

/** Expression of GBNF, as far as `GrammarRules` writes it. */
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

/** Returns the body of a rule. Throws a `SyntaxError` for an unknown rule, and for a body that can't be parsed. */
export type RuleLookup = (name: string) => Expression;

/**
 * Splits a grammar into its rules. Bodies are parsed when they are looked up, because an answer needs few rules of a
 * large set of tools.
 *
 * @throws {SyntaxError} for a line that is not a rule, and for two rules of one name
 */
export function lazyRules(grammar: string): RuleLookup {
  const bodies = bodiesOf(grammar);
  const parsed = new Map<string, Expression>();
  return (name) => {
    const known = parsed.get(name);
    if (known !== undefined) return known;
    const body = bodies.get(name);
    if (body === undefined) throw new SyntaxError(`The grammar has no rule "${name}".`);
    const expression = new Parser(body).parse();
    parsed.set(name, expression);
    return expression;
  };
}

/** Parses all rules of a grammar, by name. Throws a `SyntaxError` if that fails. */
export function parseGrammar(grammar: string): ReadonlyMap<string, Expression> {
  const bodies = bodiesOf(grammar);
  return new Map([...bodies].map(([name, body]) => [name, new Parser(body).parse()]));
}

function bodiesOf(grammar: string): ReadonlyMap<string, string> {
  const bodies = new Map<string, string>();
  for (const line of grammar.split('\n')) {
    const [name = '', body = ''] = line.split(/ ::= (.*)/s);
    if (!/^[a-zA-Z0-9-]+$/.test(name) || bodies.has(name)) {
      throw new SyntaxError(`"${line}" is not a rule, or the second one of its name.`);
    }
    bodies.set(name, body);
  }
  return bodies;
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
    if (this.#at < this.#text.length) throw this.#unexpected();
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
      if (!this.#take(')')) throw this.#unexpected();
      return inner;
    }
    const name = this.#match(/[a-zA-Z0-9-]+/y)?.[0];
    if (name === undefined) throw this.#unexpected();
    return { kind: 'rule', name };
  }

  #repeated(item: Expression): Expression {
    this.#space();
    const found = this.#match(/[*+?]|\{(\d+)(,?)(\d*)\}/y);
    if (found === null) return item;
    const [whole, least = '', comma = '', most = ''] = found;
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
    if (code === undefined) throw this.#unexpected();
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

  /** Matches a sticky pattern here, and continues after it. */
  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    this.#at += found?.[0].length ?? 0;
    return found;
  }

  #unexpected(): SyntaxError {
    const rest = this.#text.slice(this.#at, this.#at + 40);
    return new SyntaxError(`Expected an expression of GBNF at "${rest}".`);
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

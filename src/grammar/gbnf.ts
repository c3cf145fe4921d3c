import type { JsonObject } from '../core/json.ts';

/**
 * The rules of a grammar in llama.cpp's GBNF. Expressions are GBNF text; a rule is written once, under a
 * name of its own, and named where it is used.
 */
export class GrammarRules {
  readonly #rules = new Map<string, string>();
  /** The number that the next other rule of a wanted name gets. */
  readonly #numbers = new Map<string, number>();
  /** Which rule has a body, by wanted name and body. */
  readonly #names = new Map<string, string>();
  /** Told in what way the grammar is not the schema that it was made from. */
  readonly onDegraded: (reason: string, schema: JsonObject) => void;
  /** Texts that no free text may contain. */
  readonly excluded: readonly string[];

  constructor(
    onDegraded: (reason: string, schema: JsonObject) => void = () => undefined,
    excluded: readonly string[] = [],
  ) {
    this.onDegraded = onDegraded;
    this.excluded = excluded;
  }

  /** The characters that the excluded texts begin with. */
  get excludedFirsts(): readonly string[] {
    return [
      ...new Set(this.excluded.map((text) => String.fromCodePoint(text.codePointAt(0) ?? 0))),
    ];
  }

  /**
   * Adds a rule and gives its name. Where the wanted name has another body already, a number is added;
   * characters other than letters, digits and dashes become dashes.
   */
  define(wanted: string, body: string): string {
    const base = wanted.replaceAll(/[^a-zA-Z0-9]+/g, '-').replaceAll(/^-|-$/g, '') || 'rule';
    const key = `${base} ${body}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = this.#freeName(base);
    this.#names.set(key, name);
    this.#rules.set(name, body);
    return name;
  }

  /**
   * Adds a rule that names itself, and gives its name.
   *
   * @param body the rule's body for the name that it is to have
   */
  defineRecursive(wanted: string, body: (name: string) => string): string {
    const key = `${wanted} ${body('itself')}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = this.reserve(wanted);
    this.#names.set(key, name);
    this.complete(name, body(name));
    return name;
  }

  /** Whether a rule has this name. */
  has(name: string): boolean {
    return this.#rules.has(name);
  }

  /** Takes a name before its body is known, for rules that name themselves. */
  reserve(wanted: string): string {
    return this.define(wanted, `"reserved ${this.#rules.size}"`);
  }

  /** Gives a reserved name its body. */
  complete(name: string, body: string): void {
    this.#rules.set(name, body);
  }

  /** Does something that may throw: then the rules that it added are forgotten. */
  attempt<Result>(work: () => Result): Result {
    const { size } = this.#rules;
    try {
      return work();
    } catch (error) {
      for (const name of [...this.#rules.keys()].slice(size)) this.#rules.delete(name);
      for (const [key, name] of this.#names) if (!this.#rules.has(name)) this.#names.delete(key);
      throw error;
    }
  }

  /** The grammar's text; generation starts with the expression `root`. */
  write(root: string): string {
    return [
      `root ::= ${root}`,
      ...[...this.#rules].map(([name, body]) => `${name} ::= ${body}`),
    ].join('\n');
  }

  #freeName(base: string): string {
    // `root` is the start, so no other rule may have that name.
    let number = this.#numbers.get(base) ?? (base === 'root' ? 2 : 1);
    let name: string;
    do {
      name = number === 1 ? base : `${base}-${number}`;
      number++;
    } while (this.#rules.has(name));
    this.#numbers.set(base, number);
    return name;
  }
}

/** What would end a text or steer a class, and control characters. */
const STEERING = /["\\\]^\-\p{Cc}]/gu;

/** A text as GBNF that admits exactly it. */
export function literal(text: string): string {
  return `"${text.replaceAll(STEERING, escapeCharacter)}"`;
}

/** One of several expressions. */
export function oneOf(expressions: readonly string[]): string {
  return expressions.length === 1 ? (expressions[0] ?? '""') : `(${expressions.join(' | ')})`;
}

/**
 * One of several texts. What they begin with in common is written once: llama.cpp looks at each
 * alternative for each token of the vocabulary.
 */
export function oneOfTexts(texts: readonly string[]): string {
  const groups = new Map<string, string[]>();
  for (const text of new Set(texts)) {
    const [first = ''] = text;
    groups.set(first, [...(groups.get(first) ?? []), text]);
  }
  return oneOf(
    [...groups.values()].map((group) => {
      const beginning = commonBeginning(group);
      if (group.length === 1) return literal(beginning);
      return `${literal(beginning)} ${oneOfTexts(group.map((text) => text.slice(beginning.length)))}`;
    }),
  );
}

function commonBeginning(texts: readonly string[]): string {
  const [first = [], ...others] = texts.map((text) => Array.from(text));
  const end = first.findIndex((one, index) => others.some((other) => other[index] !== one));
  return (end === -1 ? first : first.slice(0, end)).join('');
}

/** A character (a code point) for use inside quotes or brackets, so that it can't end or steer them. */
export function escapeCharacter(character: string): string {
  if (character === '\n') return String.raw`\n`;
  if ('"\\]'.includes(character)) return `\\${character}`;
  if (character.search(STEERING) === -1) return character;
  return `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`;
}

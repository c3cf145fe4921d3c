import type { JsonObject } from '../core/json.ts';

/**
 * Rules of a grammar in llama.cpp's GBNF. Expressions are GBNF text. Each rule is defined once under a
 * unique name, by which expressions refer to it.
 */
export class GrammarRules {
  readonly #rules = new Map<string, string>();
  /** Number of the next rule with the same wanted name. */
  readonly #numbers = new Map<string, number>();
  /** Rule names by wanted name and body. */
  readonly #names = new Map<string, string>();
  /** Receives each difference between the grammar and the schema that it was made from. */
  readonly onDegraded: (reason: string, schema: JsonObject) => void;
  /** Texts that no free text may contain. */
  readonly excluded: readonly string[];
  #isPython = false;
  #isForArguments = false;

  constructor(
    onDegraded: (reason: string, schema: JsonObject) => void = () => undefined,
    excluded: readonly string[] = [],
  ) {
    this.onDegraded = onDegraded;
    this.excluded = excluded;
  }

  /** First characters of the excluded texts. */
  get excludedFirsts(): readonly string[] {
    return [
      ...new Set(this.excluded.map((text) => String.fromCodePoint(text.codePointAt(0) ?? 0))),
    ];
  }

  /**
   * Adds a rule and returns its name. If the wanted name already has another body, a number is appended.
   * Characters other than letters, digits and dashes become dashes.
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
   * Adds a recursive rule and returns its name.
   *
   * @param body returns the rule's body for its name
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

  /** Expression for a constant of JSON, in Python's spelling too if that is admitted. */
  constant(value: boolean | null): string {
    const json = literal(String(value));
    const python =
      value === null ? 'None' : String(value).replace(/^./, (first) => first.toUpperCase());
    return this.#isPython ? `(${json} | ${literal(python)})` : json;
  }

  /** Admits Python's spelling of constants in the schemas that an action defines. */
  withPython<Result>(work: () => Result): Result {
    this.#isPython = true;
    try {
      return work();
    } finally {
      this.#isPython = false;
    }
  }

  /** True for schemas of arguments: see `forArguments`. */
  get isForArguments(): boolean {
    return this.#isForArguments;
  }

  /**
   * Reads the schemas that an action defines as authors of tools mean them. Objects with properties have no
   * others unless the schema mentions them, and keywords of one type imply it: arguments that a model invents
   * help no tool.
   */
  forArguments<Result>(work: () => Result): Result {
    const before = this.#isForArguments;
    this.#isForArguments = true;
    try {
      return work();
    } finally {
      this.#isForArguments = before;
    }
  }

  /** Returns true if a rule has this name. */
  has(name: string): boolean {
    return this.#rules.has(name);
  }

  /** Reserves a name before its body is known, for recursive rules. */
  reserve(wanted: string): string {
    return this.define(wanted, `"reserved ${this.#rules.size}"`);
  }

  /** Sets the body of a reserved name. */
  complete(name: string, body: string): void {
    this.#rules.set(name, body);
  }

  /** Runs an action, and removes the rules that it added if it throws. */
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

  /** Returns the grammar's text; generation starts with the expression `root`. */
  write(root: string): string {
    return [
      `root ::= ${root}`,
      ...[...this.#rules].map(([name, body]) => `${name} ::= ${body}`),
    ].join('\n');
  }

  #freeName(base: string): string {
    // `root` is the start rule, so no other rule may have this name.
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

/** Characters with a meaning inside quotes or brackets, and control characters. */
const ESCAPED = /["\\\]^\-\p{Cc}]/gu;

/** GBNF literal that matches exactly this text. */
export function literal(text: string): string {
  return `"${text.replaceAll(ESCAPED, escapeCharacter)}"`;
}

/** Alternation of expressions. */
export function oneOf(expressions: readonly string[]): string {
  return expressions.length === 1 ? (expressions[0] ?? '""') : `(${expressions.join(' | ')})`;
}

/**
 * Alternation of texts. Shared prefixes are written once, because llama.cpp tests each alternative for
 * each token of the vocabulary.
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

/** Escapes a code point for use inside quotes or brackets. */
export function escapeCharacter(character: string): string {
  if (character === '\n') return String.raw`\n`;
  if ('"\\]'.includes(character)) return `\\${character}`;
  if (character.search(ESCAPED) === -1) return character;
  return `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`;
}

/**
 * The rules of a grammar in llama.cpp's GBNF. Expressions are GBNF text; a rule is written once, under a
 * name of its own, and named where it is used.
 */
export class GrammarRules {
  readonly #rules = new Map<string, string>();

  /**
   * Adds a rule and gives its name. Where the wanted name has another body already, a number is added.
   * Names may hold letters, digits and dashes only.
   */
  define(wanted: string, body: string): string {
    const base = wanted.replaceAll(/[^a-zA-Z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '') || 'rule';
    let name = base;
    for (let number = 2; (this.#rules.get(name) ?? body) !== body; number++)
      name = `${base}-${number}`;
    this.#rules.set(name, body);
    return name;
  }

  /** Takes a name before its body is known, for rules that name themselves. */
  reserve(wanted: string): string {
    return this.define(wanted, `"reserved ${this.#rules.size}"`);
  }

  /** Gives a reserved name its body. */
  complete(name: string, body: string): void {
    this.#rules.set(name, body);
  }

  /** The grammar's text; generation starts with the expression `root`. */
  write(root: string): string {
    return [
      `root ::= ${root}`,
      ...[...this.#rules].map(([name, body]) => `${name} ::= ${body}`),
    ].join('\n');
  }
}

/** A text as GBNF that admits exactly it. */
export function literal(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`)
    .replaceAll('\t', String.raw`\t`);
  return `"${escaped}"`;
}

/** One of several expressions. */
export function oneOf(expressions: readonly string[]): string {
  return expressions.length === 1 ? (expressions[0] ?? '""') : `(${expressions.join(' | ')})`;
}

/** A rule for any text, even none, that does not hold the given one. */
export function textWithout(rules: GrammarRules, forbidden: string): string {
  // After each matched beginning of the forbidden text, anything may follow but its next character.
  const steps = Array.from(forbidden, (character, index) => {
    const beginning = index === 0 ? '' : `${literal(forbidden.slice(0, index))} `;
    return `${beginning}[^${escapeInClass(character)}${index === 0 ? '' : escapeInClass(forbidden.charAt(0))}]`;
  });
  return `(${steps.join(' | ')})*`;
}

function escapeInClass(character: string): string {
  switch (character) {
    case '\n':
      return String.raw`\n`;
    case '\\':
    case ']':
    case '^':
    case '-':
      return `\\${character}`;
    default:
      return character;
  }
}

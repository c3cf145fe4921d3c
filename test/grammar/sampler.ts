import { parseGrammar } from '../../src/grammar/gbnf-parser.ts';
import type { CodeRange, Expression } from '../../src/grammar/gbnf-parser.ts';

/** A random number from 0 up to, not including, 1. */
export type Random = () => number;

/** Past so many characters what is shortest is chosen, so that recursion comes to an end. */
const ENOUGH = 400;

/** Samples of the characters that a negated class admits. */
const CANDIDATES = Array.from('aZ09 _-.:/\\"\'{}[],é世😀\n\t<>^|');

/** Writes random texts that a grammar admits. */
export class Sampler {
  readonly #rules: ReadonlyMap<string, Expression>;
  readonly #shortest = new Map<string, number>();

  /** Throws where the grammar can't be read, names an unknown rule, or has no end. */
  constructor(grammar: string) {
    this.#rules = parseGrammar(grammar);
    for (let changed = true; changed;) {
      changed = false;
      for (const [name, body] of this.#rules) {
        const length = this.#length(body);
        if (length >= (this.#shortest.get(name) ?? Infinity)) continue;
        this.#shortest.set(name, length);
        changed = true;
      }
    }
    const endless = [...this.#rules.keys()].filter((name) => !this.#shortest.has(name));
    if (endless.length > 0) throw new Error(`Rules without an end: ${endless.join(', ')}`);
  }

  sample(random: Random): string {
    let text = '';
    const todo: Expression[] = [{ kind: 'rule', name: 'root' }];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      if (next.kind === 'text') text += next.text;
      else if (next.kind === 'class') text += pick(charactersOf(next.ranges, next.except), random);
      else todo.push(...this.#steps(next, random, text.length > ENOUGH).toReversed());
    }
    return text;
  }

  #steps(next: Expression, random: Random, hurry: boolean): readonly Expression[] {
    switch (next.kind) {
      case 'rule':
        return [this.#body(next.name)];
      case 'sequence':
        return next.items;
      case 'choice':
        return [hurry ? this.#shortestOf(next.options) : pick(next.options, random)];
      case 'repeat': {
        const span = Math.min(next.most - next.least, random() < 0.2 ? 12 : 3);
        const more = hurry ? 0 : Math.floor(random() * (span + 1));
        return Array.from({ length: next.least + more }, () => next.item);
      }
      default:
        throw new Error(`A ${next.kind} has no steps.`);
    }
  }

  #body(name: string): Expression {
    const body = this.#rules.get(name);
    if (body === undefined) throw new Error(`There is no rule ${name}.`);
    return body;
  }

  #shortestOf(options: readonly Expression[]): Expression {
    const [first] = options.toSorted((one, other) => this.#length(one) - this.#length(other));
    if (first === undefined) throw new Error('A choice of nothing.');
    return first;
  }

  #length(expression: Expression): number {
    switch (expression.kind) {
      case 'text':
        return expression.text.length;
      case 'class':
        return 1;
      case 'rule':
        this.#body(expression.name);
        return this.#shortest.get(expression.name) ?? Infinity;
      case 'sequence':
        return expression.items.reduce((sum, item) => sum + this.#length(item), 0);
      case 'choice':
        return Math.min(...expression.options.map((option) => this.#length(option)));
      case 'repeat':
        return expression.least === 0 ? 0 : expression.least * this.#length(expression.item);
      default:
        return expression satisfies never;
    }
  }
}

function charactersOf(ranges: readonly CodeRange[], except: boolean): readonly string[] {
  const candidates = [
    ...CANDIDATES,
    ...ranges.flatMap(([first, last]) =>
      [first, last, Math.floor((first + last) / 2)].map((code) => String.fromCodePoint(code)),
    ),
  ];
  return candidates.filter((candidate) => {
    const code = candidate.codePointAt(0) ?? 0;
    const surrogate = code >= 0xd800 && code <= 0xdfff;
    return !surrogate && ranges.some(([first, last]) => first <= code && code <= last) !== except;
  });
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('Nothing to pick from.');
  return item;
}

import { append } from '../core/lists.ts';
import type { CodeRange, Expression, RuleLookup } from './gbnf-parser.ts';
import { NO_LAYOUT } from './layout.ts';
import type { Layout } from './layout.ts';

/** Rest of a derivation: an expression, and what follows it; undefined is the end of the grammar. */
interface Rest {
  readonly first: Expression;
  readonly next: Rest | undefined;
}

/** Rests of several derivations; undefined is the end of the grammar. */
type Rests = readonly (Rest | undefined)[];

/** Rest that begins with a character: one of a text, or of a class. */
interface Terminal {
  readonly first: Extract<Expression, { readonly kind: 'text' | 'class' }>;
  readonly next: Rest | undefined;
}

/** All characters that may follow. */
interface Continuations {
  readonly terminals: readonly Terminal[];
  readonly mayEnd: boolean;
}

/** Largest number of expressions that are expanded for one character. */
const MOST_EXPANSIONS = 512;
/** Longest text that is found at once, in characters. */
const LONGEST_FORCED = 1024;

/**
 * Position of a text in a grammar. It finds the text that must follow, such as a property's name and its quotes.
 *
 * The position becomes unknown after text that the grammar does not accept, and where too many derivations are
 * possible. No text must follow an unknown position.
 */
export class GrammarPosition {
  readonly #rules: RuleLookup;
  readonly #layout: Layout;
  /** Rests of all derivations of the text so far; undefined at an unknown position. */
  #at: Rests | undefined = [{ first: { kind: 'rule', name: 'root' }, next: undefined }];

  constructor(rules: RuleLookup, layout = NO_LAYOUT) {
    this.#rules = rules;
    this.#layout = layout;
  }

  /** Continues after a text. */
  accept(text: string): void {
    for (const character of text) {
      const expanded = this.#at && expand(this.#at, this.#rules);
      this.#at = expanded && after(expanded, character.codePointAt(0) ?? 0);
      this.#layout.accept(character);
    }
  }

  /** Text that has to follow, whatever is written after it; empty if several continuations are possible. */
  get forced(): string {
    let text = '';
    let at = this.#at;
    const layout = this.#layout.copy();
    const rules: RuleLookup = (name) => {
      const laidOut = layout.textOf(name, () => mayClose(at, this.#rules));
      return laidOut === undefined ? this.#rules(name) : { kind: 'text', text: laidOut };
    };
    while (at !== undefined && text.length < LONGEST_FORCED) {
      const expanded = expand(at, rules);
      const code = expanded && onlyCode(expanded);
      if (expanded === undefined || code === undefined) break;
      const character = String.fromCodePoint(code);
      layout.accept(character);
      text += character;
      at = after(expanded, code);
    }
    return text;
  }
}

/** Returns true if a closing bracket of JSON may follow. */
function mayClose(at: Rests | undefined, rules: RuleLookup): boolean {
  const terminals = (at && expand(at, rules)?.terminals) ?? [];
  return terminals.some(({ first }) => first.kind === 'text' && /^[\]}]/.test(first.text));
}

function after({ terminals }: Continuations, code: number): Rests | undefined {
  const rests: (Rest | undefined)[] = [];
  for (const { first, next } of terminals) {
    if (first.kind === 'class') {
      if (inClass(first, code)) rests.push(next);
    } else if (first.text.codePointAt(0) === code) {
      const text = first.text.slice(code > 0xff_ff ? 2 : 1);
      rests.push(text === '' ? next : { first: { kind: 'text', text }, next });
    }
  }
  return rests.length === 0 ? undefined : rests;
}

/** Expands rests to their first characters; undefined if there are too many, or a rule can't be parsed. */
function expand(rests: Rests, rules: RuleLookup): Continuations | undefined {
  try {
    return terminalsOf(rests, rules);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function terminalsOf(rests: Rests, rules: RuleLookup): Continuations | undefined {
  const terminals: Terminal[] = [];
  const open = [...rests];
  let mayEnd = false;
  for (let steps = 0; open.length > 0; steps++) {
    if (steps > MOST_EXPANSIONS) return undefined;
    const rest = open.pop();
    if (rest === undefined) mayEnd = true;
    else if (rest.first.kind === 'class') terminals.push({ first: rest.first, next: rest.next });
    else if (rest.first.kind !== 'text') append(open, stepsOf(rest.first, rest.next, rules));
    else if (rest.first.text === '') open.push(rest.next);
    else terminals.push({ first: rest.first, next: rest.next });
  }
  return { terminals, mayEnd };
}

function stepsOf(
  first: Exclude<Expression, { readonly kind: 'text' | 'class' }>,
  next: Rest | undefined,
  rules: RuleLookup,
): Rests {
  switch (first.kind) {
    case 'rule':
      return [{ first: rules(first.name), next }];
    case 'sequence':
      return [sequenceOf(first.items, next)];
    case 'choice':
      return first.options.map((option) => ({ first: option, next }));
    case 'repeat': {
      const { item, least, most } = first;
      const fewer = { least: Math.max(0, least - 1), most: most - 1 };
      const again: Expression = { kind: 'repeat', item, ...fewer };
      const once: Rest = { first: item, next: most > 1 ? { first: again, next } : next };
      if (most < 1) return [next];
      return least > 0 ? [once] : [once, next];
    }
    default:
      return first satisfies never;
  }
}

function sequenceOf(items: readonly Expression[], next: Rest | undefined): Rest | undefined {
  return items.reduceRight<Rest | undefined>((rest, item) => ({ first: item, next: rest }), next);
}

/** The only character that may follow; undefined if there are several, or the text may end. */
function onlyCode({ terminals, mayEnd }: Continuations): number | undefined {
  const [first] = terminals;
  if (mayEnd || first?.first.kind !== 'text') return undefined;
  const code = first.first.text.codePointAt(0);
  const same = terminals.every(
    ({ first: one }) => one.kind === 'text' && one.text.codePointAt(0) === code,
  );
  return same ? code : undefined;
}

function inClass(
  { ranges, except }: { readonly ranges: readonly CodeRange[]; readonly except: boolean },
  code: number,
): boolean {
  return ranges.some(([first, last]) => first <= code && code <= last) !== except;
}

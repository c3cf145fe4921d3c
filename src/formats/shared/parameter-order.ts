import type { GrammarRules } from '../../grammar/gbnf.ts';
import { oneOf } from '../../grammar/gbnf.ts';

/** Parameter of a call in a grammar. */
export interface OrderedParameter {
  /** Name of the rule for the parameter with its marks. */
  readonly rule: string;
  readonly required: boolean;
}

/** Parameters that keep their order among each other. */
type Chain = readonly OrderedParameter[];

/** Limit of rules for the orders of one tool's parameters: each set of those that may still follow needs one. */
const MOST_RULES = 2_048;

/**
 * Expression for parameters in any order: all required ones, and any of the others.
 *
 * A grammar that admits each parameter at most once needs a rule for each set of them, so it counts eleven: the
 * required ones, and the first of the others. Further optional ones may be repeated. More than eleven required ones
 * are dealt to chains, as many as `MOST_RULES` permits: those of one chain keep their order, and neighbours are in
 * different chains.
 *
 * @param separator expression for the text between two parameters
 */
export function inAnyOrder(
  rules: GrammarRules,
  name: string,
  parameters: readonly OrderedParameter[],
  separator = '',
): string {
  const { chains, uncounted } = deal(parameters);
  const others =
    uncounted.length === 0 ? '' : rules.define(name, oneOf(uncounted.map(({ rule }) => rule)));
  const known = new Map<string, string>();
  /** Expression for the parameters that follow, by the number of those that each chain is past. */
  const rest = (past: readonly number[], isFirst: boolean): string => {
    const key = isFirst ? '' : past.join(' ');
    const found = known.get(key);
    if (found !== undefined) return found;
    const before = isFirst ? '' : `${separator} `;
    const ways = chains.flatMap((chain, index) => {
      const next = chain[past[index] ?? 0];
      if (next === undefined) return [];
      const after = past.map((count, other) => (other === index ? count + 1 : count));
      return [`${before}${next.rule} ${rest(after, false)}`];
    });
    if (isFirst && others !== '') ways.push(`${others} ${rest(past, false)}`);
    const isDone = !chains.some((chain, index) => chain[past[index] ?? 0]?.required === true);
    const repeated = isFirst || others === '' ? '' : `(${before}${others})*`;
    const choice = ways.length === 0 ? '' : `(${ways.join(' | ')})${isDone ? '?' : ''}`;
    const expression = ways.length === 0 ? repeated : rules.define(name, `${repeated} ${choice}`);
    known.set(key, expression);
    return expression;
  };
  return rest(
    chains.map(() => 0),
    true,
  );
}

/** The parameters that a grammar counts, in the freest chains that need few enough rules, and the others. */
function deal(parameters: readonly OrderedParameter[]): {
  readonly chains: readonly Chain[];
  readonly uncounted: readonly OrderedParameter[];
} {
  const required = freest(parameters.filter((parameter) => parameter.required));
  const optional = parameters.filter((parameter) => !parameter.required);
  const counted = Math.floor(Math.log2(MOST_RULES / rulesOf(required)));
  return {
    chains: [...required, ...optional.slice(0, counted).map((parameter) => [parameter])],
    uncounted: optional.slice(counted),
  };
}

/** As many chains of some parameters as the number of rules permits. */
function freest(parameters: Chain): readonly Chain[] {
  for (let count = parameters.length; count > 1; count--) {
    const chains = Array.from({ length: count }, (_, index) =>
      parameters.filter((_parameter, place) => place % count === index),
    );
    if (rulesOf(chains) <= MOST_RULES) return chains;
  }
  return parameters.length === 0 ? [] : [parameters];
}

/** Number of rules for the orders of some chains. */
function rulesOf(chains: readonly Chain[]): number {
  return chains.reduce((product, chain) => product * (chain.length + 1), 1);
}

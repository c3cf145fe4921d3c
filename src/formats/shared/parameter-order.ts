import type { GrammarRules } from '../../grammar/gbnf.ts';

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
 * Expression for parameters: all required ones, and any of the others, each once. Up to eleven may be in any order.
 * More are dealt to chains, as many as `MOST_RULES` permits: those of one chain keep their order, and neighbours are in
 * different chains. Optional parameters lose their freedom first.
 *
 * @param separator expression for the text between two parameters
 */
export function inAnyOrder(
  rules: GrammarRules,
  name: string,
  parameters: readonly OrderedParameter[],
  separator = '',
): string {
  const chains = chainsOf(parameters);
  const known = new Map<string, string>();
  /** Expression for the parameters that follow, by the number of those that each chain is past. */
  const rest = (past: readonly number[]): string => {
    const key = past.join(' ');
    const found = known.get(key);
    if (found !== undefined) return found;
    const before = past.every((count) => count === 0) ? '' : `${separator} `;
    const left = chains.map((chain, index) => chain.slice(past[index]));
    const ways = left.flatMap((chain, index) =>
      nextOf(chain).map(({ rule }, skipped) => {
        const step = skipped + 1;
        return `${before}${rule} ${rest(past.map((count, other) => (other === index ? count + step : count)))}`;
      }),
    );
    const isDone = !left.flat().some(({ required }) => required);
    const expression =
      ways.length === 0 ? '' : rules.define(name, `(${ways.join(' | ')})${isDone ? '?' : ''}`);
    known.set(key, expression);
    return expression;
  };
  return rest(chains.map(() => 0));
}

/** Parameters of a chain that may come next: up to the first required one, which can't be skipped. */
function nextOf(chain: Chain): Chain {
  const first = chain.findIndex(({ required }) => required);
  return first === -1 ? chain : chain.slice(0, first + 1);
}

/** The freest chains that need few enough rules. */
function chainsOf(parameters: readonly OrderedParameter[]): readonly Chain[] {
  const required = parameters.filter((parameter) => parameter.required);
  const optional = parameters.filter((parameter) => !parameter.required);
  const first = freest(required, MOST_RULES / (optional.length + 1));
  const second = freest(optional, MOST_RULES / rulesOf(first ?? []));
  return first === undefined || second === undefined ? [parameters] : [...first, ...second];
}

/** As many chains of some parameters as a number of rules permits; undefined if it does not permit one. */
function freest(parameters: Chain, most: number): readonly Chain[] | undefined {
  for (let count = parameters.length; count > 0; count--) {
    const chains = Array.from({ length: count }, (_, index) =>
      parameters.filter((_parameter, place) => place % count === index),
    );
    if (rulesOf(chains) <= most) return chains;
  }
  return parameters.length === 0 ? [] : undefined;
}

/** Number of rules for the orders of some chains. */
function rulesOf(chains: readonly Chain[]): number {
  return chains.reduce((product, chain) => product * (chain.length + 1), 1);
}

import type { Entries } from './entries.ts';
import { oneOf } from './gbnf.ts';
import type { GrammarRules } from './gbnf.ts';
import { separator } from './json.ts';

/** Number of states, each of which takes a rule. */
export const MOST_STATES = 300;

/** Entry that may be next, and the state after it. */
export interface Step<State> {
  readonly entry: string;
  readonly next: State;
}

/** Entries whose choice depends on the previous ones, such as on their number. */
export interface EntryStates<State> {
  readonly start: State;
  /** Distinguishes states. */
  readonly key: (state: State) => string;
  readonly steps: (state: State) => readonly Step<State>[];
  /** Returns true if no further entry is required. */
  readonly mayEnd: (state: State) => boolean;
}

interface Visited<State> {
  readonly state: State;
  readonly steps: readonly Step<State>[];
}

/** Returns the entries as rules, one for each state; undefined if there are too many states. */
export function countedEntries<State>(
  states: EntryStates<State>,
  name: string,
  rules: GrammarRules,
): (Entries & { readonly isPossible: boolean }) | undefined {
  const visited = visit(states);
  if (visited === undefined) return undefined;
  const alive = aliveIn(visited, states);
  const leads = ({ next }: Step<State>): boolean => alive.has(states.key(next));
  const open = [...visited].filter(([, { steps }]) => steps.some(leads));
  const names = new Map(open.map(([key]) => [key, rules.reserve(name)]));
  const comma = separator(rules);
  const written = ({ entry, next }: Step<State>): string => {
    const more = names.get(states.key(next));
    if (more === undefined) return entry;
    return states.mayEnd(next) ? `${entry} (${comma} ${more})?` : `${entry} ${comma} ${more}`;
  };
  for (const [key, { steps }] of open) {
    rules.complete(names.get(key) ?? '', oneOf([...new Set(steps.filter(leads).map(written))]));
  }
  const start = states.key(states.start);
  return {
    some: names.get(start),
    mayBeNone: states.mayEnd(states.start),
    isPossible: alive.has(start),
  };
}

function visit<State>(states: EntryStates<State>): ReadonlyMap<string, Visited<State>> | undefined {
  const visited = new Map<string, Visited<State>>();
  const todo = [states.start];
  for (let state = todo.pop(); state !== undefined; state = todo.pop()) {
    const key = states.key(state);
    if (visited.has(key)) continue;
    if (visited.size >= MOST_STATES) return undefined;
    const steps = states.steps(state);
    visited.set(key, { state, steps });
    for (const { next } of steps) todo.push(next);
  }
  return visited;
}

/** States from which the entries can end. */
function aliveIn<State>(
  visited: ReadonlyMap<string, Visited<State>>,
  { key, mayEnd }: EntryStates<State>,
): ReadonlySet<string> {
  const alive = new Set(
    [...visited].filter(([, { state }]) => mayEnd(state)).map(([name]) => name),
  );
  for (let before = -1; before < alive.size;) {
    before = alive.size;
    for (const [name, { steps }] of visited)
      if (steps.some(({ next }) => alive.has(key(next)))) alive.add(name);
  }
  return alive;
}

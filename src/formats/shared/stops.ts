/** Result of a search for stop strings in a piece of text. */
export interface StopResult {
  /** Text that can be shown, since it contains no part of a stop string. */
  readonly text: string;
  /** Stop string that ends the output; null if there is none so far. */
  readonly stopped: string | null;
}

export interface StopMatcher {
  /** Searches the next text, and returns the decided part. Must not be called after a stop. */
  push(text: string): StopResult;
  /** Returns the text that is still held back, if the output ends without a stop. */
  flush(): string;
}

/**
 * Creates a matcher that finds stop strings in streamed text, regardless of its chunks. The first complete one
 * wins; among several, the one that begins first. Text that may become a stop string is held back.
 *
 * The time grows with the length of the text, not with the number and the length of stop strings.
 */
export function createStopMatcher(stops: readonly string[]): StopMatcher {
  const root = automatons.get(stops) ?? automatonOf(stops.filter((stop) => stop !== ''));
  automatons.set(stops, root);
  let state = root;
  let held = '';
  return {
    push(text) {
      const all = held + text;
      for (let index = held.length; index < all.length; index++) {
        state = step(state, all.charAt(index));
        if (state.stop === undefined) continue;
        held = '';
        return { text: all.slice(0, index + 1 - state.stop.length), stopped: state.stop };
      }
      const shown = all.slice(0, all.length - state.depth);
      held = all.slice(shown.length);
      return { text: shown, stopped: null };
    },
    flush() {
      const rest = held;
      held = '';
      state = root;
      return rest;
    },
  };
}

/** State of an automaton: the end of the text is a prefix of a stop string. */
interface State {
  /** Length of that prefix. */
  readonly depth: number;
  readonly next: Map<string, State>;
  /** State of the longest shorter prefix that the text ends in; undefined for the first state. */
  shorter: State | undefined;
  /** Longest stop string that the text ends in. */
  stop: string | undefined;
}

const newState = (depth: number): State => ({
  depth,
  next: new Map(),
  shorter: undefined,
  stop: undefined,
});

/** Automatons by list of stop strings, cached since each block of an answer has a matcher. */
const automatons = new WeakMap<readonly string[], State>();

/**
 * Automaton of Aho and Corasick.
 *
 * @see https://en.wikipedia.org/wiki/Aho%E2%80%93Corasick_algorithm
 */
function automatonOf(stops: readonly string[]): State {
  const root = newState(0);
  for (const stop of stops) {
    let state = root;
    for (const character of stop.split('')) {
      const next = state.next.get(character) ?? newState(state.depth + 1);
      state.next.set(character, next);
      state = next;
    }
    state.stop = stop;
  }
  // By depth, so that shorter prefixes are linked first. The loop also visits the states that it adds.
  const states = [root];
  for (const state of states) {
    for (const [character, next] of state.next) {
      next.shorter = state.shorter === undefined ? root : step(state.shorter, character);
      next.stop ??= next.shorter.stop;
      states.push(next);
    }
  }
  return root;
}

function step(state: State, character: string): State {
  let from = state;
  for (;;) {
    const next = from.next.get(character);
    if (next !== undefined) return next;
    if (from.shorter === undefined) return from;
    from = from.shorter;
  }
}

/** Number of characters at the end of `text` that begin one of `strings` without completing it. */
export function undecided(text: string, strings: readonly string[]): number {
  let longest = 0;
  for (const string of strings) {
    for (let length = Math.min(string.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(string.slice(0, length))) longest = length;
    }
  }
  return longest;
}

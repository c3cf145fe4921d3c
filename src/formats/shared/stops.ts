/** Result of a search for stop strings in a piece of text. */
export interface StopResult {
  /** Text that may be shown: it holds no part of a stop string. */
  readonly text: string;
  /** The stop string that was met, which ends the output; else null. */
  readonly stopped: string | null;
}

export interface StopMatcher {
  /** Takes the next piece of text; gives what is decided. After a stop nothing more may be pushed. */
  push(text: string): StopResult;
  /** Text still held back, for when the output ends otherwise. */
  flush(): string;
}

/**
 * Looks for stop strings in streamed text, however it is cut into pieces. The one that is complete
 * first wins, among those the one that begins first. Text that may become one is held back.
 *
 * Takes time that grows with the text, and not with the number and the length of stop strings.
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

/** State of an automaton: the end of the text is the beginning of a stop string. */
interface State {
  /** Length of that beginning. */
  readonly depth: number;
  readonly next: Map<string, State>;
  /** The state of the longest shorter beginning that the text ends in; undefined for the first state. */
  shorter: State | undefined;
  /** The longest stop string that the text ends in. */
  stop: string | undefined;
}

const newState = (depth: number): State => ({
  depth,
  next: new Map(),
  shorter: undefined,
  stop: undefined,
});

/** Automatons by their lists of stop strings: an answer has a matcher for each of its blocks. */
const automatons = new WeakMap<readonly string[], State>();

/** @see https://en.wikipedia.org/wiki/Aho%E2%80%93Corasick_algorithm */
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
  // By depth, so that shorter beginnings are linked first; the loop goes over the states that it adds.
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

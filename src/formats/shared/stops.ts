/** What a piece of text has become after the stop strings were looked for. */
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
 */
export function createStopMatcher(stops: readonly string[]): StopMatcher {
  const wanted = stops.filter((stop) => stop !== '');
  let held = '';
  return {
    push(text) {
      held += text;
      const match = firstMatch(held, wanted);
      const end = match === undefined ? held.length - undecided(held, wanted) : match.start;
      const shown = held.slice(0, end);
      held = match === undefined ? held.slice(end) : '';
      return { text: shown, stopped: match?.stop ?? null };
    },
    flush() {
      const rest = held;
      held = '';
      return rest;
    },
  };
}

/** How many characters at the end of `text` begin one of `strings` without completing it. */
export function undecided(text: string, strings: readonly string[]): number {
  let longest = 0;
  for (const string of strings) {
    for (let length = Math.min(string.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(string.slice(0, length))) longest = length;
    }
  }
  return longest;
}

interface Match {
  readonly stop: string;
  readonly start: number;
}

function firstMatch(text: string, stops: readonly string[]): Match | undefined {
  let best: Match | undefined;
  for (const stop of stops) {
    const start = text.indexOf(stop);
    if (start !== -1 && (best === undefined || isEarlier({ stop, start }, best))) {
      best = { stop, start };
    }
  }
  return best;
}

function isEarlier(one: Match, other: Match): boolean {
  const ends = [one.start + one.stop.length, other.start + other.stop.length] as const;
  return ends[0] === ends[1] ? one.start < other.start : ends[0] < ends[1];
}

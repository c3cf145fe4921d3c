/** Whether an upstream is asked: one that is `half-open` has yet to show that it answers again. */
export interface Circuit {
  readonly phase: 'closed' | 'open' | 'half-open';
  /** Failures in a row. */
  readonly failures: number;
  /** How often it opened since the upstream last answered whole. */
  readonly openings: number;
  /** While it is open: when to look at the upstream again, by the clock of `now`, in milliseconds. */
  readonly until: number;
}

export const CLOSED: Circuit = { phase: 'closed', failures: 0, openings: 0, until: 0 };

/** Fewer could be a matter of single requests. */
const FAILURES_TO_OPEN = 3;

const FIRST_PAUSE_MS = 1_000;

const LONGEST_PAUSE_MS = 60_000;

/** An upstream that wants to be left alone for longer is looked at all the same. */
const LONGEST_LIMIT_MS = 3_600_000;

/**
 * After a request that the upstream failed. `limitedSeconds` is for how long it said that it takes
 * no more of them: it is then left alone at once.
 */
export function afterFailure(circuit: Circuit, now: number, limitedSeconds?: number): Circuit {
  const failures = circuit.failures + 1;
  if (limitedSeconds !== undefined) {
    const until = now + Math.min(limitedSeconds * 1_000, LONGEST_LIMIT_MS);
    return { ...circuit, phase: 'open', failures, until: Math.max(until, circuit.until) };
  }
  switch (circuit.phase) {
    case 'open':
      // What was asked before it opened tells nothing new.
      return circuit;
    case 'half-open':
      return opened({ ...circuit, failures }, now);
    case 'closed':
      return failures >= FAILURES_TO_OPEN
        ? opened({ ...circuit, failures }, now)
        : { ...circuit, failures };
    default:
      return circuit.phase satisfies never;
  }
}

/** After the first output of an answer; answers begun before it opened tell nothing new. */
export function afterFirstOutput(circuit: Circuit): Circuit {
  return circuit.phase === 'half-open' ? { ...circuit, phase: 'closed' } : circuit;
}

/** After a whole answer. */
export function afterAnswer(circuit: Circuit): Circuit {
  return circuit.phase === 'open' ? circuit : CLOSED;
}

/** After a look at the upstream, once the pause is over. */
export function afterHealthCheck(circuit: Circuit, healthy: boolean, now: number): Circuit {
  if (circuit.phase !== 'open') return circuit;
  return healthy ? { ...circuit, phase: 'half-open' } : opened(circuit, now);
}

function opened(circuit: Circuit, now: number): Circuit {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** circuit.openings, LONGEST_PAUSE_MS);
  return { ...circuit, phase: 'open', openings: circuit.openings + 1, until: now + pause };
}

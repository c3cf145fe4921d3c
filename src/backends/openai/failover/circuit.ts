/** State of an upstream: a `closed` one gets requests, an `open` one none, a `half-open` one a trial request. */
export interface Circuit {
  readonly phase: 'closed' | 'open' | 'half-open';
  /** Number of consecutive failures. */
  readonly failures: number;
  /** Number of openings since the last complete answer of the upstream. */
  readonly openings: number;
  /** Time of the next check while it is open, by the clock of `now`, in milliseconds. */
  readonly until: number;
}

export const CLOSED: Circuit = { phase: 'closed', failures: 0, openings: 0, until: 0 };

/** Number of consecutive failures that open the circuit. Fewer could be caused by single requests. */
const FAILURES_TO_OPEN = 3;

const FIRST_PAUSE_MS = 1_000;

const LONGEST_PAUSE_MS = 60_000;

/** Longest pause that an upstream can request. */
const LONGEST_LIMIT_MS = 3_600_000;

/**
 * Circuit after a failed request.
 *
 * @param limitedSeconds time for which the upstream refuses requests; it opens the circuit at once
 */
export function afterFailure(circuit: Circuit, now: number, limitedSeconds?: number): Circuit {
  const failures = circuit.failures + 1;
  if (limitedSeconds !== undefined) {
    const until = now + Math.min(limitedSeconds * 1_000, LONGEST_LIMIT_MS);
    return { ...circuit, phase: 'open', failures, until: Math.max(until, circuit.until) };
  }
  switch (circuit.phase) {
    case 'open':
      // Requests from before the opening are no new evidence.
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

/** Circuit after the first output of an answer. Answers that began before the opening are no new evidence. */
export function afterFirstOutput(circuit: Circuit): Circuit {
  return circuit.phase === 'half-open' ? { ...circuit, phase: 'closed' } : circuit;
}

/** Circuit after a complete answer. */
export function afterAnswer(circuit: Circuit): Circuit {
  return circuit.phase === 'open' ? circuit : CLOSED;
}

/** Circuit after a health check at the end of the pause. */
export function afterHealthCheck(circuit: Circuit, healthy: boolean, now: number): Circuit {
  if (circuit.phase !== 'open') return circuit;
  return healthy ? { ...circuit, phase: 'half-open' } : opened(circuit, now);
}

function opened(circuit: Circuit, now: number): Circuit {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** circuit.openings, LONGEST_PAUSE_MS);
  return { ...circuit, phase: 'open', openings: circuit.openings + 1, until: now + pause };
}

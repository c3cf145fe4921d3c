import { createHash } from 'node:crypto';
import type { Circuit } from './circuit.ts';

/** Upstream with the facts that decide the order. */
export interface Candidate {
  /** Stable key. */
  readonly id: string;
  /** Relative share of the sessions. */
  readonly weight: number;
  readonly circuit: Circuit;
  /** True if a trial request is running. */
  readonly onTrial: boolean;
}

/** Origin of a request: a session keeps its upstream; a request without one is spread by `draw`. */
export type RoutingKey = { readonly session: string } | { readonly draw: string };

/**
 * Divisor of the share after failures. The share never becomes zero, so that an upstream can show that its
 * failure was an exception.
 */
const SHARE_LOST_BY_FAILURE = 10;

/**
 * Orders the upstreams that may be asked. The session's own comes first, because its prefix is cached there,
 * and its second one is stable too: weighted rendezvous hashing. Requests without a session prefer upstreams
 * with fewer failures.
 *
 * @see https://www.snia.org/sites/default/files/SDC15_presentations/dist_sys/Jason_Resch_New_Consistent_Hashings_Rev.pdf
 */
export function orderUpstreams<T extends Candidate>(
  candidates: readonly T[],
  asker: RoutingKey,
): readonly T[] {
  return candidates
    .filter(({ circuit }) => circuit.phase !== 'open')
    .map((candidate) => ({ candidate, score: scoreOf(candidate, asker) }))
    .toSorted(
      // An upstream on trial is asked only if no other one is left.
      (a, b) => Number(a.candidate.onTrial) - Number(b.candidate.onTrial) || b.score - a.score,
    )
    .map(({ candidate }) => candidate);
}

function scoreOf({ id, weight, circuit }: Candidate, asker: RoutingKey): number {
  const isSession = 'session' in asker;
  const name = isSession ? asker.session : asker.draw;
  const bits = createHash('sha256')
    .update(JSON.stringify([name, id]))
    .digest()
    .readUIntBE(0, 6);
  // Without requests, a half-open circuit would never close.
  const isTrusted = isSession || circuit.phase === 'half-open';
  const share = isTrusted ? weight : weight / SHARE_LOST_BY_FAILURE ** circuit.failures;
  return share / -Math.log((bits + 0.5) / 2 ** 48);
}

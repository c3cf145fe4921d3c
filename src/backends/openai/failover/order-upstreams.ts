import { createHash } from 'node:crypto';
import type { Circuit } from './circuit.ts';

/** An upstream as far as the choice of one depends on it. */
export interface Candidate {
  /** The same one at each choice. */
  readonly id: string;
  /** Its share of the sessions, relative to the others'. */
  readonly weight: number;
  readonly circuit: Circuit;
  /** A request is finding out whether it answers again. */
  readonly onTrial: boolean;
}

/** Who is given an upstream: sessions keep theirs; what belongs to none is spread by `draw`. */
export type RoutingKey = { readonly session: string } | { readonly draw: string };

/** Not all of it: one that is never asked can't show that its failure was a single one. */
const SHARE_LOST_BY_FAILURE = 10;

/**
 * The upstreams that may be asked, the one to begin with first. A session's own comes first, since its
 * prefix is cached there, and its second one stays the same too: rendezvous hashing, weighted as in
 * https://www.snia.org/sites/default/files/SDC15_presentations/dist_sys/Jason_Resch_New_Consistent_Hashings_Rev.pdf.
 * What belongs to no session goes rather to those that fail least.
 */
export function orderUpstreams<T extends Candidate>(
  candidates: readonly T[],
  asker: RoutingKey,
): readonly T[] {
  return candidates
    .filter(({ circuit }) => circuit.phase !== 'open')
    .map((candidate) => ({ candidate, score: scoreOf(candidate, asker) }))
    .toSorted(
      // One that is on trial is asked only where nothing else is left.
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
  // Without requests, one that is half open would never be closed.
  const isTrusted = isSession || circuit.phase === 'half-open';
  const share = isTrusted ? weight : weight / SHARE_LOST_BY_FAILURE ** circuit.failures;
  return share / -Math.log((bits + 0.5) / 2 ** 48);
}

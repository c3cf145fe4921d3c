import { afterHealthCheck, CLOSED } from './circuit.ts';
import type { Circuit } from './circuit.ts';
import type { Route } from '../routes.ts';

export interface WatchOptions {
  /** Whether a server answers. */
  readonly check: (route: Route, signal: AbortSignal) => Promise<boolean>;
  /** Takes a line when an upstream goes away, and when it is back. */
  readonly log: (message: string) => void;
}

/** What is remembered of an upstream. */
export interface Standing {
  readonly circuit: Circuit;
  /** Requests that find out whether it answers again. */
  trials: number;
  /** When its model was last asked for. */
  askedAt: number;
}

/** The circuits of all upstreams; those that are open are looked at in the background. */
export interface Watch {
  standingOf(route: Route): Standing;
  /** Puts another circuit in place; `reason` is the failure behind it. */
  change(route: Route, next: Circuit, reason?: string): void;
  /** Ends all looking. */
  close(): void;
}

/** Upstreams that nobody asked for so long, such as those no longer in models.yaml, are not looked at. */
const FORGOTTEN_AFTER_MS = 600_000;

interface Watched extends Standing {
  circuit: Circuit;
  timer: NodeJS.Timeout | undefined;
}

/** A watch over circuits that are all closed; it does not keep the process alive. */
export function createWatch({ check, log }: WatchOptions): Watch {
  const standings = new Map<string, Watched>();
  const closing = new AbortController();

  const standingOf = ({ id }: Route): Watched => {
    const known = standings.get(id);
    if (known !== undefined) return known;
    const standing = { circuit: CLOSED, trials: 0, askedAt: 0, timer: undefined };
    standings.set(id, standing);
    return standing;
  };

  const change = (route: Route, next: Circuit, reason = ''): void => {
    const standing = standingOf(route);
    const { circuit } = standing;
    standing.circuit = next;
    const news = newsOf(circuit.phase, next.phase);
    if (news !== undefined)
      log(`${route.url} ${news} for ${route.model.name}${reason && `: ${reason}`}`);
    if (next.phase !== 'open' || next.until === circuit.until || closing.signal.aborted) return;
    clearTimeout(standing.timer);
    standing.timer = setTimeout(() => void look(route), next.until - performance.now());
    standing.timer.unref();
  };

  const look = async (route: Route): Promise<void> => {
    const standing = standingOf(route);
    const forgotten = performance.now() - standing.askedAt > FORGOTTEN_AFTER_MS;
    // Whoever asks for a forgotten one next finds out.
    const healthy = forgotten || (await check(route, closing.signal).catch(() => false));
    if (closing.signal.aborted) return;
    change(route, afterHealthCheck(standing.circuit, healthy, performance.now()));
  };

  return {
    standingOf,
    change,
    close() {
      closing.abort();
      for (const { timer } of standings.values()) clearTimeout(timer);
    },
  };
}

/** Going from open to half-open and back again is none. */
function newsOf(before: Circuit['phase'], after: Circuit['phase']): string | undefined {
  if (before === 'closed' && after === 'open') return 'is away';
  return before === 'half-open' && after === 'closed' ? 'is back' : undefined;
}

import { afterHealthCheck, CLOSED } from './circuit.ts';
import type { Circuit } from './circuit.ts';
import type { Route } from '../routes.ts';

export interface WatchOptions {
  /** Returns true if a server answers. */
  readonly check: (route: Route, signal: AbortSignal) => Promise<boolean>;
  /** Logs a line when an upstream stops answering, and when it answers again. */
  readonly log: (message: string) => void;
}

/** State of an upstream. */
export interface UpstreamState {
  readonly circuit: Circuit;
  /** Number of trial requests. */
  trials: number;
  /** Time of the last request for its model. */
  askedAt: number;
}

/** Circuits of all upstreams, with background checks of the open ones. */
export interface Watch {
  stateOf(route: Route): UpstreamState;
  /** Replaces a circuit; `reason` is the failure that caused it. */
  change(route: Route, next: Circuit, reason?: string): void;
  /** Ends all checks. */
  close(): void;
}

/** Time without requests after which an upstream is not checked any more, such as one removed from models.yaml. */
const FORGOTTEN_AFTER_MS = 600_000;

interface WatchedState extends UpstreamState {
  circuit: Circuit;
  timer: NodeJS.Timeout | undefined;
}

/** Creates a watch over closed circuits. It does not keep the process alive. */
export function createWatch({ check, log }: WatchOptions): Watch {
  const states = new Map<string, WatchedState>();
  const closing = new AbortController();

  const stateOf = ({ id }: Route): WatchedState => {
    const known = states.get(id);
    if (known !== undefined) return known;
    const state = { circuit: CLOSED, trials: 0, askedAt: 0, timer: undefined };
    states.set(id, state);
    return state;
  };

  const change = (route: Route, next: Circuit, reason = ''): void => {
    const state = stateOf(route);
    const { circuit } = state;
    state.circuit = next;
    const news = newsOf(circuit.phase, next.phase);
    if (news !== undefined)
      log(`${route.url} ${news} for ${route.model.name}${reason && `: ${reason}`}`);
    if (next.phase !== 'open' || next.until === circuit.until || closing.signal.aborted) return;
    clearTimeout(state.timer);
    state.timer = setTimeout(() => void look(route), next.until - performance.now());
    state.timer.unref();
  };

  const look = async (route: Route): Promise<void> => {
    const state = stateOf(route);
    const forgotten = performance.now() - state.askedAt > FORGOTTEN_AFTER_MS;
    // The next request to a forgotten upstream checks it.
    const healthy = forgotten || (await check(route, closing.signal).catch(() => false));
    if (closing.signal.aborted) return;
    change(route, afterHealthCheck(state.circuit, healthy, performance.now()));
  };

  return {
    stateOf,
    change,
    close() {
      closing.abort();
      for (const { timer } of states.values()) clearTimeout(timer);
    },
  };
}

/** News of a change for the log; undefined between open and half-open. */
function newsOf(before: Circuit['phase'], after: Circuit['phase']): string | undefined {
  if (before === 'closed' && after === 'open') return 'is away';
  return before === 'half-open' && after === 'closed' ? 'is back' : undefined;
}

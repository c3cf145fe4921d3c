import { randomUUID } from 'node:crypto';
import { messageOf } from '../../../core/failure.ts';
import { afterAnswer, afterFailure, afterFirstOutput } from './circuit.ts';
import { limitOf } from './fault.ts';
import { orderUpstreams } from './order-upstreams.ts';
import type { Route } from '../routes.ts';
import { createWatch } from './watch.ts';
import type { WatchOptions } from './watch.ts';

/** Request to one upstream, whose outcome changes its circuit. */
export interface Attempt {
  /** Notes the first output. */
  began(): void;
  /** Notes a complete answer. */
  succeeded(): void;
  failed(failure: unknown): void;
  /** Ends the attempt. */
  end(): void;
}

/** Circuits of all upstreams, over all requests. */
export interface Circuits {
  /** Upstreams that may be asked, in the order of the session, or spread if there is none. */
  order(routes: readonly Route[], session: string | undefined): readonly Route[];
  attempt(route: Route): Attempt;
  /** Seconds until the next check of an upstream; 0 if it may be asked. */
  secondsAway(route: Route): number;
  /** Ends all checks. */
  close(): void;
}

/** Creates circuits, all of them closed. */
export function createCircuits(options: WatchOptions): Circuits {
  const watch = createWatch(options);
  return {
    order(routes, session) {
      const now = performance.now();
      const candidates = routes.map((route) => {
        const state = watch.stateOf(route);
        state.askedAt = now;
        return { ...route, circuit: state.circuit, onTrial: state.trials > 0 };
      });
      return orderUpstreams(
        candidates,
        session === undefined ? { draw: randomUUID() } : { session },
      );
    },
    attempt(route) {
      const state = watch.stateOf(route);
      const trial = state.circuit.phase === 'half-open' ? 1 : 0;
      state.trials += trial;
      return {
        began: () => watch.change(route, afterFirstOutput(state.circuit)),
        succeeded: () => watch.change(route, afterAnswer(state.circuit)),
        failed(failure) {
          const next = afterFailure(state.circuit, performance.now(), limitOf(failure));
          watch.change(route, next, messageOf(failure));
        },
        end() {
          state.trials -= trial;
        },
      };
    },
    secondsAway(route) {
      const { circuit } = watch.stateOf(route);
      const left = circuit.phase === 'open' ? circuit.until - performance.now() : 0;
      return Math.max(0, Math.ceil(left / 1_000));
    },
    close: () => watch.close(),
  };
}

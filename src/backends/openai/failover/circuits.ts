import { randomUUID } from 'node:crypto';
import { messageOf } from '../../../core/failure.ts';
import { afterAnswer, afterFailure, afterFirstOutput } from './circuit.ts';
import { limitOf } from './fault.ts';
import { orderUpstreams } from './order-upstreams.ts';
import type { Route } from '../routes.ts';
import { createWatch } from './watch.ts';
import type { WatchOptions } from './watch.ts';

/** One request to one upstream, for its standing. */
export interface Attempt {
  /** Output has come. */
  began(): void;
  /** The answer is whole. */
  succeeded(): void;
  failed(failure: unknown): void;
  /** Nothing more comes of it. */
  end(): void;
}

/** How upstreams fare, over all requests. */
export interface Circuits {
  /** Those that may be asked, in the order of the session, or spread where there is none. */
  order(routes: readonly Route[], session: string | undefined): readonly Route[];
  attempt(route: Route): Attempt;
  /** In how many seconds an upstream is looked at again; 0 where it may be asked. */
  secondsAway(route: Route): number;
  /** Ends all looking. */
  close(): void;
}

/** Circuits that are all closed. */
export function createCircuits(options: WatchOptions): Circuits {
  const watch = createWatch(options);
  return {
    order(routes, session) {
      const now = performance.now();
      const candidates = routes.map((route) => {
        const standing = watch.standingOf(route);
        standing.askedAt = now;
        return { ...route, circuit: standing.circuit, onTrial: standing.trials > 0 };
      });
      return orderUpstreams(
        candidates,
        session === undefined ? { draw: randomUUID() } : { session },
      );
    },
    attempt(route) {
      const standing = watch.standingOf(route);
      const trial = standing.circuit.phase === 'half-open' ? 1 : 0;
      standing.trials += trial;
      return {
        began: () => watch.change(route, afterFirstOutput(standing.circuit)),
        succeeded: () => watch.change(route, afterAnswer(standing.circuit)),
        failed(failure) {
          const next = afterFailure(standing.circuit, performance.now(), limitOf(failure));
          watch.change(route, next, messageOf(failure));
        },
        end() {
          standing.trials -= trial;
        },
      };
    },
    secondsAway(route) {
      const { circuit } = watch.standingOf(route);
      const left = circuit.phase === 'open' ? circuit.until - performance.now() : 0;
      return Math.max(0, Math.ceil(left / 1_000));
    },
    close: () => watch.close(),
  };
}

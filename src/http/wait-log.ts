import type { Logger } from 'pino';
import type { GenerationEvent } from '../core/events.ts';
import { WaitTracker, waitLine } from './waiting-text.ts';
import type { WaitNews } from './waiting-text.ts';

/** Observer of one request until its answer begins. */
export interface WaitFollower {
  note(event: GenerationEvent): void;
  /** Ends the observation. */
  leave(): void;
}

/** Logs model loads and long prefills; never logs a prompt. */
export class WaitLog {
  readonly #logger: Logger;
  /** Request that reports the load of a model: only one of all that wait for it does. */
  readonly #tellers = new Map<string, WaitTracker>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Follows the request `id` of a model. */
  follow(model: string, id: string): WaitFollower {
    const waiting = new WaitTracker();
    return {
      note: (event) => {
        for (const news of waiting.note(event, performance.now())) {
          if (this.#tells(model, waiting, news)) this.#logger.info({ id }, waitLine(model, news));
        }
      },
      leave: () => this.#leave(model, waiting),
    };
  }

  #tells(model: string, waiting: WaitTracker, { type }: WaitNews): boolean {
    if (type === 'prefill-progress' || type === 'prefilled') return true;
    // A request that joins late must not report the load a second time.
    if (type !== 'loaded' && !this.#tellers.has(model)) this.#tellers.set(model, waiting);
    const tells = this.#tellers.get(model) === waiting;
    if (type === 'loaded') this.#leave(model, waiting);
    return tells;
  }

  #leave(model: string, waiting: WaitTracker): void {
    if (this.#tellers.get(model) === waiting) this.#tellers.delete(model);
  }
}

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
  readonly #reporters = new Map<string, WaitTracker>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Follows the request `id` of a model. */
  follow(model: string, id: string): WaitFollower {
    const waiting = new WaitTracker();
    return {
      note: (event) => {
        for (const news of waiting.note(event, performance.now())) {
          if (this.#reports(model, waiting, news)) this.#logger.info({ id }, waitLine(model, news));
        }
      },
      leave: () => this.#leave(model, waiting),
    };
  }

  #reports(model: string, waiting: WaitTracker, { type }: WaitNews): boolean {
    if (type === 'prefill-progress' || type === 'prefilled') return true;
    // A request that joins late must not report the load a second time.
    if (type !== 'loaded' && !this.#reporters.has(model)) this.#reporters.set(model, waiting);
    const reports = this.#reporters.get(model) === waiting;
    if (type === 'loaded') this.#leave(model, waiting);
    return reports;
  }

  #leave(model: string, waiting: WaitTracker): void {
    if (this.#reporters.get(model) === waiting) this.#reporters.delete(model);
  }
}

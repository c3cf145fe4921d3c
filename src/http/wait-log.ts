import type { Logger } from 'pino';
import type { GenerationEvent } from '../core/events.ts';
import type { Runtime } from '../pipeline/runtime.ts';
import { Waiting, waitLine } from './waiting-text.ts';
import type { WaitNews } from './waiting-text.ts';

/** The size of what was loaded is left out where the engine does not tell it soon. */
const PATIENCE_MILLISECONDS = 2000;

/** One request, followed until its answer begins. */
export interface WaitFollower {
  note(event: GenerationEvent): void;
  /** Nothing more comes. */
  leave(): void;
}

/** Tells the log of models that are being loaded and of long prefills: never a prompt. */
export class WaitLog {
  readonly #runtime: Runtime;
  readonly #logger: Logger;
  /** Many requests may wait for a model, but one of them tells of it. */
  readonly #tellers = new Map<string, Waiting>();

  constructor(runtime: Runtime, logger: Logger) {
    this.#runtime = runtime;
    this.#logger = logger;
  }

  /** Follows the request `id` of a model. */
  follow(model: string, id: string): WaitFollower {
    const waiting = new Waiting();
    return {
      note: (event) => {
        for (const news of waiting.note(event, performance.now())) {
          if (this.#tells(model, waiting, news)) void this.#tell(model, id, news);
        }
      },
      leave: () => this.#leave(model, waiting),
    };
  }

  #tells(model: string, waiting: Waiting, { type }: WaitNews): boolean {
    if (type === 'prefill-progress' || type === 'prefilled') return true;
    // One that only sees the end has begun to wait when another was telling of it.
    if (type !== 'loaded' && !this.#tellers.has(model)) this.#tellers.set(model, waiting);
    const tells = this.#tellers.get(model) === waiting;
    if (type === 'loaded') this.#leave(model, waiting);
    return tells;
  }

  async #tell(model: string, id: string, news: WaitNews): Promise<void> {
    const bytes = news.type === 'loaded' ? await this.#sizeOf(model) : undefined;
    this.#logger.info({ id }, waitLine(model, news, bytes));
  }

  async #sizeOf(model: string): Promise<number | undefined> {
    const signal = AbortSignal.timeout(PATIENCE_MILLISECONDS);
    const loaded = await this.#runtime.loaded(signal).catch(() => []);
    return loaded.find(({ name }) => name === model)?.sizeBytes;
  }

  #leave(model: string, waiting: Waiting): void {
    if (this.#tellers.get(model) === waiting) this.#tellers.delete(model);
  }
}

import type { GenerationRequest } from '../../core/backend.ts';
import type { GenerationEvent } from '../../core/events.ts';
import type { Engine } from './engine.ts';
import { abortReason } from '../queue.ts';

/** A model's engine, and how many requests it works on. */
export class NamedEngine {
  readonly name: string;
  /** Rejects where the engine can't be opened. */
  readonly opened: Promise<Engine>;
  #calls = 0;
  #retired = false;

  constructor(name: string, opened: Promise<Engine>) {
    this.name = name;
    this.opened = opened;
  }

  /** Frees the engine as soon as nothing uses it: another has taken its place. */
  retire(): void {
    this.#retired = true;
    this.#closeIfUnused();
  }

  async use<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#calls++;
    try {
      return await work();
    } finally {
      this.#end();
    }
  }

  async *generate(
    request: GenerationRequest,
    signal: AbortSignal,
  ): AsyncGenerator<GenerationEvent> {
    this.#calls++;
    try {
      const engine = await this.opened;
      if (signal.aborted) throw abortReason(signal);
      yield* engine.generate(request, signal);
    } finally {
      this.#end();
    }
  }

  #end(): void {
    this.#calls--;
    this.#closeIfUnused();
  }

  #closeIfUnused(): void {
    if (!this.#retired || this.#calls > 0) return;
    // What did not open holds nothing.
    this.opened.then((engine) => engine.close()).catch(() => undefined);
  }
}

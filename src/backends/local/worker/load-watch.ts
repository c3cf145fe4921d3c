import type { EngineWatch } from './engine-watch.ts';
import type { EngineCommand, EngineReply } from './protocol.ts';

/** Seconds for starting llama.cpp and reading a model's vocabulary, or for making a context. */
const ALLOWED_SECONDS = 300;
/** The slowest disk or network from which anybody would load weights. */
const BYTES_PER_SECOND = 5 * 1024 * 1024;

/**
 * Ends an engine that does not finish to open its model or to load its weights. Its other watches can't see
 * that if a thread beside its main one hangs, as it does in a file that was replaced by a named pipe.
 */
export class LoadWatch implements EngineWatch {
  readonly #allowed: number;
  #isOpen = false;
  #weights = 0;
  #timer: NodeJS.Timeout | undefined;
  #end: (how: string) => void = () => undefined;

  /** @param allowed in seconds */
  constructor(allowed: number = ALLOWED_SECONDS) {
    this.#allowed = allowed;
  }

  started(end: (how: string) => void): void {
    this.#end = end;
    this.#isOpen = false;
  }

  sent(command: EngineCommand): void {
    if (command.type === 'granted') {
      const allowed = this.#allowed + Math.ceil(this.#weights / BYTES_PER_SECOND);
      this.#begin('load', allowed);
    } else if ('call' in command && command.type !== 'cancel' && !this.#isOpen) {
      this.#begin('open', this.#allowed);
    }
  }

  heard(reply: EngineReply): void {
    switch (reply.type) {
      case 'opened':
        this.#isOpen = true;
        this.#stop();
        break;
      case 'acquire':
        this.#weights = reply.needs.weights;
        break;
      case 'settled':
        this.#stop();
        break;
      case 'failed':
        // The next call tries again.
        if (!this.#isOpen) this.#stop();
        break;
      default:
        break;
    }
  }

  ended(): void {
    this.#stop();
  }

  #begin(what: 'open' | 'load', allowed: number): void {
    if (this.#timer !== undefined) return;
    // Counted one by one, so that a pause of this process counts as one second.
    let seconds = 0;
    this.#timer = setInterval(() => {
      seconds += 1;
      if (seconds > allowed) this.#end(`did not ${what} its model within ${allowed} s`);
    }, 1000).unref();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

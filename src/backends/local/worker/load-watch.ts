import type { EngineWatch } from './engine-watch.ts';
import type { EngineCommand, EngineReply } from './protocol.ts';

/** Seconds to start llama.cpp and read a model's vocabulary, or to create a context. */
const ALLOWED_SECONDS = 300;
/** Speed of the slowest usable disk or network. */
const BYTES_PER_SECOND = 5 * 1024 * 1024;

/**
 * Ends an engine that does not finish opening its model or loading its weights. The other watches can't detect a hang
 * of another thread than the main one, such as in a file that was replaced by a named pipe.
 */
export class LoadWatch implements EngineWatch {
  readonly #allowed: number;
  #isOpen = false;
  #weights = 0;
  #timer: NodeJS.Timeout | undefined;
  #end: (how: string) => void = () => undefined;

  /** @param allowed allowed time in seconds */
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
        // After a failure, the next call tries again.
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
    // Count the seconds one by one, so that a pause of this process counts as one second.
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

import type { EngineCommand, EngineReply } from './protocol.ts';
import type { EngineWatch } from './engine-watch.ts';

/** Seconds without a sign of life after which an engine counts as hung. */
const ALLOWED_SECONDS = 60;
/** Allowed seconds while it starts or loads weights, which may block its main thread. */
const ALLOWED_SECONDS_LOADING = 300;

/**
 * Ends an engine that has work and sends no sign of life: its process was stopped, or its main thread hangs in
 * native code. Long work alone does not silence an engine, because it sends a sign every second.
 */
export class HeartbeatWatch implements EngineWatch {
  readonly #allowed: number;
  readonly #calls = new Set<number>();
  #isLoading = false;
  #isStarting = false;
  /** Missed seconds, counted one by one so that a pause of this process counts as one second. */
  #missed = 0;
  #timer: NodeJS.Timeout | undefined;
  #end: (how: string) => void = () => undefined;

  /** @param allowed allowed silence in seconds */
  constructor(allowed: number = ALLOWED_SECONDS) {
    this.#allowed = allowed;
  }

  started(end: (how: string) => void): void {
    this.#end = end;
    this.#isStarting = true;
  }

  sent(command: EngineCommand): void {
    if (!('call' in command)) return;
    if (command.type === 'cancel') this.#calls.delete(command.call);
    else this.#calls.add(command.call);
    if (this.#timer !== undefined) return;
    this.#missed = 0;
    this.#timer = setInterval(() => this.#tick(), 1000).unref();
  }

  heard(reply: EngineReply): void {
    this.#missed = 0;
    this.#isStarting = false;
    if (reply.type === 'acquire') this.#isLoading = true;
    else if (reply.type === 'settled') this.#isLoading = false;
    else if ('call' in reply && reply.type !== 'events') this.#calls.delete(reply.call);
  }

  ended(): void {
    this.#stop();
    this.#calls.clear();
    this.#isLoading = false;
  }

  #tick(): void {
    if (this.#calls.size === 0) {
      this.#stop();
      return;
    }
    this.#missed += 1;
    const allowed = this.#isLoading || this.#isStarting ? ALLOWED_SECONDS_LOADING : this.#allowed;
    if (this.#missed > allowed) this.#end(`sent no sign of life for ${allowed} s`);
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

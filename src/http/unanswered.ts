import type { ServerResponse } from 'node:http';
import { clientGone } from '../core/abort.ts';
import { RuntimeFailure } from '../core/failure.ts';

/** Limits on complete bodies, except for large ones, which have a budget of their own. */
export interface UnansweredLimits {
  /** Bytes of the bodies from their decoding until their requests are answered. */
  readonly bytes: number;
  /** Time that a body may wait for its room. */
  readonly waitMs: number;
}

const LIMITS: UnansweredLimits = { bytes: 64 * 1024 * 1024, waitMs: 60_000 };

/** Size up to which bodies neither count nor wait: a thousand of them take little memory. */
const TINY_BYTES = 16 * 1024;

interface Waiting {
  readonly bytes: number;
  readonly begin: () => void;
}

/**
 * Memory budget for bodies that are decoded and not answered yet, which take several times their bytes. Bodies
 * beyond it wait as text, in the order of arrival.
 */
export class UnansweredBodies {
  readonly #limits: UnansweredLimits;
  readonly #waiting = new Set<Waiting>();
  #bytes = 0;

  constructor(limits: Partial<UnansweredLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
  }

  /**
   * Waits for room, which is kept until the response is closed. Returns undefined if there is room at once.
   *
   * @throws {overloaded} if there is none in time
   * @throws {cancelled} if the client leaves
   */
  enter(bytes: number, response: ServerResponse): Promise<void> | undefined {
    if (bytes <= TINY_BYTES) return undefined;
    if (this.#waiting.size > 0 || !this.#hasRoom(bytes)) return this.#wait(bytes, response);
    this.#take(bytes, response);
    return undefined;
  }

  #wait(bytes: number, response: ServerResponse): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (failure?: RuntimeFailure): void => {
        this.#waiting.delete(waiting);
        clearTimeout(timer);
        response.off('close', leave);
        if (failure !== undefined) return reject(failure);
        this.#take(bytes, response);
        resolve();
      };
      const leave = (): void => end(clientGone());
      const timer = setTimeout(() => end(overloaded()), this.#limits.waitMs);
      const waiting = { bytes, begin: () => end() };
      response.once('close', leave);
      this.#waiting.add(waiting);
    });
  }

  #take(bytes: number, response: ServerResponse): void {
    this.#bytes += bytes;
    response.once('close', () => {
      this.#bytes -= bytes;
      for (const next of this.#waiting) {
        if (!this.#hasRoom(next.bytes)) return;
        next.begin();
      }
    });
  }

  #hasRoom(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= this.#limits.bytes;
  }
}

function overloaded(): RuntimeFailure {
  return new RuntimeFailure(
    'overloaded',
    'The server answers too many other requests. Send this one again later.',
    { retryAfterSeconds: 5 },
  );
}

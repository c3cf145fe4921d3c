import type { Readable } from 'node:stream';
import { RuntimeFailure } from '../core/failure.ts';
import { LARGE_BYTES } from './large-bodies.ts';

/** Limits on the bodies of all running requests. */
export interface BodyLimits {
  /** Total bytes of all bodies. */
  readonly mostBytes: number;
  /** Time in which an incoming body must grow by `leastBytes` while others wait for memory. */
  readonly stallMilliseconds: number;
  readonly leastBytes: number;
}

const LIMITS: BodyLimits = {
  mostBytes: 64 * 1024 * 1024,
  stallMilliseconds: 30_000,
  leastBytes: 64 * 1024,
};

/** Approximate size of one read from a connection. */
const PIECE_BYTES = 64 * 1024;

/** Share of one body in the memory for all bodies. */
export interface BodyShare {
  /** Counts received bytes. Pauses the body if there is no memory for more. */
  add(bytes: number): void;
  /** Marks the body as received. Its memory stays counted until it is released. */
  complete(): void;
  /** Releases the memory for waiting bodies. */
  release(): void;
}

interface Share {
  readonly body: Readable;
  readonly refuse: (failure: RuntimeFailure) => void;
  bytes: number;
  state: 'coming' | 'waiting' | 'complete';
  /** Begin of the time in which it has to grow, by `performance.now()`, and its bytes then. */
  since: number;
  bytesThen: number;
}

/**
 * Memory budget for the bodies of all requests, from their first byte until they are answered. Above the
 * budget, large bodies are paused; small ones are always read. The oldest large body is always read, so
 * that at least one makes progress.
 */
export class BodyMemory {
  readonly #limits: BodyLimits;
  /** Shares in order of their start. */
  readonly #shares = new Set<Share>();
  #total = 0;
  #watch: NodeJS.Timeout | undefined;

  constructor(limits: Partial<BodyLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
  }

  /** @param refuse called if the body stalls while others wait */
  share(body: Readable, refuse: (failure: RuntimeFailure) => void): BodyShare {
    const share: Share = {
      body,
      refuse,
      bytes: 0,
      state: 'coming',
      since: performance.now(),
      bytesThen: 0,
    };
    this.#shares.add(share);
    return {
      add: (bytes) => this.#add(share, bytes),
      complete: () => (share.state = 'complete'),
      release: () => this.#release(share),
    };
  }

  #add(share: Share, bytes: number): void {
    share.bytes += bytes;
    this.#total += bytes;
    const isFull = this.#total > this.#limits.mostBytes;
    if (!isFull || !isLarge(share) || share === this.#first()) return;
    share.state = 'waiting';
    share.body.pause();
    this.#watch ??= setInterval(() => this.#look(), this.#limits.stallMilliseconds / 4).unref();
  }

  #release(share: Share): void {
    if (!this.#shares.delete(share)) return;
    this.#total -= share.bytes;
    const first = this.#first();
    let expected = this.#total;
    for (const next of this.#waiting()) {
      expected += PIECE_BYTES;
      if (expected <= this.#limits.mostBytes || next === first) this.#resume(next);
    }
  }

  #resume(share: Share): void {
    share.state = 'coming';
    share.since = performance.now();
    share.bytesThen = share.bytes;
    share.body.resume();
  }

  /** Refuses stalled bodies whose memory others wait for. */
  #look(): void {
    if (this.#waiting().length === 0) {
      clearInterval(this.#watch);
      this.#watch = undefined;
      return;
    }
    const now = performance.now();
    const { stallMilliseconds, leastBytes } = this.#limits;
    for (const share of this.#shares) {
      if (share.state !== 'coming' || !isLarge(share)) continue;
      if (now - share.since < stallMilliseconds) continue;
      if (share.bytes - share.bytesThen < leastBytes) share.refuse(stalled(this.#limits));
      share.since = now;
      share.bytesThen = share.bytes;
    }
  }

  #waiting(): readonly Share[] {
    return [...this.#shares].filter(({ state }) => state === 'waiting');
  }

  /** Oldest large body, even if it is already received. */
  #first(): Share | undefined {
    for (const share of this.#shares) if (isLarge(share)) return share;
    return undefined;
  }
}

function isLarge({ bytes }: Share): boolean {
  return bytes > LARGE_BYTES;
}

function stalled({ stallMilliseconds, leastBytes }: BodyLimits): RuntimeFailure {
  return new RuntimeFailure(
    'overloaded',
    `The body stopped coming in while other requests waited for its room in memory: fewer than ${leastBytes} ` +
      `bytes came in ${stallMilliseconds / 1000} s. Send the request again, faster or smaller.`,
    { retryAfterSeconds: 1 },
  );
}

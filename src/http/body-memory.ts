import type { Readable } from 'node:stream';
import { RuntimeFailure } from '../core/failure.ts';
import { LARGE_BYTES } from './large-bodies.ts';

/** Limits on the bodies of all requests that are under way. */
export interface BodyLimits {
  /** Bytes that they may have together. */
  readonly mostBytes: number;
  /** While others wait for room, a body that comes in has to grow by `leastBytes` in this time. */
  readonly stallMilliseconds: number;
  readonly leastBytes: number;
}

const LIMITS: BodyLimits = {
  mostBytes: 64 * 1024 * 1024,
  stallMilliseconds: 30_000,
  leastBytes: 64 * 1024,
};

/** About as much as one read of a connection brings. */
const PIECE_BYTES = 64 * 1024;

/** Part of one body in the memory for all bodies. */
export interface BodyShare {
  /** Counts bytes that came. Pauses the body if there is no room for more of it. */
  add(bytes: number): void;
  /** Notes that the body has come in. It keeps its room until it is released. */
  complete(): void;
  /** Gives the room back, for the bodies that wait. */
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
 * Memory for the bodies of all requests, from their first byte until they are answered. Without room, a
 * large body is read no further; small ones always are. The large body that began first is read in any
 * case, so that there is always one that goes on.
 */
export class BodyMemory {
  readonly #limits: BodyLimits;
  /** In the order in which they began. */
  readonly #shares = new Set<Share>();
  #total = 0;
  #watch: NodeJS.Timeout | undefined;

  constructor(limits: Partial<BodyLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
  }

  /** @param refuse called if the body stops coming in while others wait */
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

  /** Refuses bodies that keep room that others wait for, and don't come in. */
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

  /** The large body that began first, also if it has come in already. */
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

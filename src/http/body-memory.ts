import type { Readable } from 'node:stream';
import { RuntimeFailure } from '../core/failure.ts';
import { LARGE_BYTES } from './large-bodies.ts';

/** Limits on the bodies of all running requests. */
export interface BodyLimits {
  /** Bytes of large bodies, from their reservation until their requests are answered. */
  readonly largeBytes: number;
  /** Bytes of medium bodies, from their reservation until they are decoded. */
  readonly mediumBytes: number;
  /** Time that a body may wait for its reservation. */
  readonly waitMs: number;
  /** Time in which a body must grow by `leastBytes` while others wait. */
  readonly stallMs: number;
  readonly leastBytes: number;
}

const MB = 1024 * 1024;

const LIMITS: BodyLimits = {
  largeBytes: 96 * MB,
  mediumBytes: 64 * MB,
  waitMs: 60_000,
  stallMs: 30_000,
  leastBytes: MB,
};

/** Size up to which bodies are read without a reservation. */
const SMALL_BYTES = MB / 4;

/** Share of one body in the memory for all bodies. */
export interface BodyShare {
  /** Counts received bytes. Pauses the body if it has to wait for its reservation. */
  add(bytes: number): void;
  /** Marks the body as received. */
  complete(): void;
  /** Marks the body as decoded, which releases the memory of a medium one. */
  decoded(): void;
  /** Releases the memory. */
  release(): void;
}

interface Share {
  readonly body: Readable;
  readonly refuse: (failure: RuntimeFailure) => void;
  readonly pool: Pool;
  /** Bytes of the complete body, as far as they are known before. */
  readonly expected: number;
  bytes: number;
  /** Bytes that are taken from the pool. */
  reserved: number;
  state: 'small' | 'waiting' | 'coming' | 'complete' | 'decoded';
  /** Begin of its wait, or of the time in which it has to grow, by `performance.now()`. */
  since: number;
  bytesThen: number;
}

interface Pool {
  readonly most: number;
  reserved: number;
  readonly waiting: Set<Share>;
}

/**
 * Memory budget for the bodies of all requests. A body that outgrows a small one reserves memory for its
 * whole length before it is read on, in the order of arrival, so a body that was admitted is never paused by
 * another one. Large bodies have a budget apart from medium ones, and keep their memory until they are
 * answered. Admitted bodies that stall while others wait are refused, as are bodies that wait too long.
 */
export class BodyMemory {
  readonly #limits: BodyLimits;
  readonly #large: Pool;
  readonly #medium: Pool;
  readonly #shares = new Set<Share>();
  #watch: NodeJS.Timeout | undefined;

  constructor(limits: Partial<BodyLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
    this.#large = { most: this.#limits.largeBytes, reserved: 0, waiting: new Set() };
    this.#medium = { most: this.#limits.mediumBytes, reserved: 0, waiting: new Set() };
  }

  /**
   * @param expected bytes of the complete body, or the most that it may have
   * @param refuse called if the body stalls while others wait, or waits too long
   */
  share(body: Readable, expected: number, refuse: (failure: RuntimeFailure) => void): BodyShare {
    const share: Share = {
      body,
      refuse,
      pool: expected > LARGE_BYTES ? this.#large : this.#medium,
      expected,
      bytes: 0,
      reserved: 0,
      state: 'small',
      since: 0,
      bytesThen: 0,
    };
    this.#shares.add(share);
    return {
      add: (bytes) => this.#add(share, bytes),
      complete: () => void (share.state = 'complete'),
      decoded: () => this.#decoded(share),
      release: () => this.#release(share),
    };
  }

  #add(share: Share, bytes: number): void {
    share.bytes += bytes;
    if (share.state !== 'small' || share.bytes <= SMALL_BYTES) return;
    if (share.pool.waiting.size === 0 && hasRoom(share)) return this.#admit(share);
    share.state = 'waiting';
    share.since = performance.now();
    share.pool.waiting.add(share);
    share.body.pause();
    this.#watch ??= setInterval(() => this.#look(), this.#limits.stallMs / 4).unref();
  }

  #admit(share: Share): void {
    share.state = 'coming';
    share.since = performance.now();
    share.bytesThen = share.bytes;
    share.reserved = share.expected;
    share.pool.reserved += share.reserved;
  }

  #decoded(share: Share): void {
    if (!this.#shares.has(share)) return;
    share.state = 'decoded';
    this.#reserve(share, share.pool === this.#large && share.reserved > 0 ? share.bytes : 0);
  }

  #release(share: Share): void {
    if (!this.#shares.delete(share)) return;
    share.pool.waiting.delete(share);
    this.#reserve(share, 0);
  }

  #reserve(share: Share, bytes: number): void {
    const { pool } = share;
    pool.reserved += bytes - share.reserved;
    share.reserved = bytes;
    for (const next of pool.waiting) {
      if (!hasRoom(next)) return;
      pool.waiting.delete(next);
      this.#admit(next);
      next.body.resume();
    }
  }

  /** Refuses what waits too long, and stalled bodies whose memory others wait for. */
  #look(): void {
    if (this.#large.waiting.size + this.#medium.waiting.size === 0) {
      clearInterval(this.#watch);
      this.#watch = undefined;
      return;
    }
    const now = performance.now();
    for (const share of this.#shares) {
      if (share.state === 'waiting') this.#endWait(share, now);
      else if (share.state === 'coming' && share.pool.waiting.size > 0) this.#endStall(share, now);
    }
  }

  #endWait(share: Share, now: number): void {
    if (now - share.since < this.#limits.waitMs) return;
    this.#release(share);
    share.refuse(
      new RuntimeFailure(
        'overloaded',
        'The body is too large while the server answers other large requests. Send it again later.',
        { retryAfterSeconds: 5 },
      ),
    );
  }

  #endStall(share: Share, now: number): void {
    const { stallMs, leastBytes } = this.#limits;
    if (now - share.since < stallMs) return;
    if (share.bytes - share.bytesThen < leastBytes) {
      this.#release(share);
      share.refuse(stalled(this.#limits));
      return;
    }
    share.since = now;
    share.bytesThen = share.bytes;
  }
}

function hasRoom({ pool, expected }: Share): boolean {
  return pool.reserved + expected <= pool.most;
}

function stalled({ stallMs, leastBytes }: BodyLimits): RuntimeFailure {
  return new RuntimeFailure(
    'overloaded',
    `The body stalled while other requests waited for its memory: fewer than ${leastBytes} bytes arrived in ` +
      `${stallMs / 1000} s. Send the request again, faster or smaller.`,
    { retryAfterSeconds: 1 },
  );
}

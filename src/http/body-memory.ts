import type { Readable } from 'node:stream';
import { RuntimeFailure } from '../core/failure.ts';
import { LARGE_BYTES } from './large-bodies.ts';

/** Limits on the bodies of all running requests. */
export interface BodyLimits {
  /** Total bytes of the bodies that are received or decoded. Small bodies may take as much again. */
  readonly mostBytes: number;
  /** The same together with the bodies of requests that are being answered. */
  readonly mostHeldBytes: number;
  /** Time in which an incoming body must grow by `leastBytes` while others wait for memory. */
  readonly stallMilliseconds: number;
  readonly leastBytes: number;
}

const LIMITS: BodyLimits = {
  mostBytes: 64 * 1024 * 1024,
  mostHeldBytes: 96 * 1024 * 1024,
  stallMilliseconds: 30_000,
  leastBytes: 1024 * 1024,
};

/** Approximate size of one read from a connection. */
const PIECE_BYTES = 64 * 1024;

/** Share of one body in the memory for all bodies. */
export interface BodyShare {
  /** Counts received bytes. Pauses the body if there is no memory for more. */
  add(bytes: number): void;
  /** Marks the body as received. */
  complete(): void;
  /** Marks the body as decoded. Its memory counts among that of requests which are being answered. */
  decoded(): void;
  /** Releases the memory for waiting bodies. */
  release(): void;
}

interface Share {
  readonly body: Readable;
  readonly refuse: (failure: RuntimeFailure) => void;
  bytes: number;
  state: 'coming' | 'waiting' | 'complete' | 'decoded';
  /** Begin of the time in which it has to grow, by `performance.now()`, and its bytes then. */
  since: number;
  bytesThen: number;
}

/**
 * Memory budget for the bodies of all requests, from their first byte until they are answered. Above the
 * budget, bodies are paused, large ones earlier than small ones. The oldest body that is not decoded yet is
 * always read, so that at least one makes progress.
 */
export class BodyMemory {
  readonly #limits: BodyLimits;
  /** Shares in order of their start. */
  readonly #shares = new Set<Share>();
  /** Bytes of bodies that are not decoded yet. */
  #coming = 0;
  /** Bytes of bodies that are decoded. */
  #held = 0;
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
      decoded: () => this.#decoded(share),
      release: () => this.#release(share),
    };
  }

  #add(share: Share, bytes: number): void {
    share.bytes += bytes;
    this.#coming += bytes;
    if (this.#hasRoom(share, 0) || share === this.#first()) return;
    share.state = 'waiting';
    share.body.pause();
    this.#watch ??= setInterval(() => this.#look(), this.#limits.stallMilliseconds / 4).unref();
  }

  #decoded(share: Share): void {
    if (!this.#shares.has(share) || share.state === 'decoded') return;
    share.state = 'decoded';
    this.#coming -= share.bytes;
    this.#held += share.bytes;
    this.#resumeWaiting();
  }

  #release(share: Share): void {
    if (!this.#shares.delete(share)) return;
    if (share.state === 'decoded') this.#held -= share.bytes;
    else this.#coming -= share.bytes;
    this.#resumeWaiting();
  }

  #resumeWaiting(): void {
    const first = this.#first();
    let expected = 0;
    for (const next of this.#waiting()) {
      expected += PIECE_BYTES;
      if (next === first || this.#hasRoom(next, expected)) this.#resume(next);
    }
  }

  /** @param expected bytes that bodies which were resumed before will bring */
  #hasRoom(share: Share, expected: number): boolean {
    const { mostBytes, mostHeldBytes } = this.#limits;
    const coming = this.#coming + expected;
    return (
      coming <= (isLarge(share) ? mostBytes : 2 * mostBytes) && coming + this.#held <= mostHeldBytes
    );
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
      if (share.state !== 'coming' || share.bytes < PIECE_BYTES) continue;
      if (now - share.since < stallMilliseconds) continue;
      if (share.bytes - share.bytesThen < leastBytes) share.refuse(stalled(this.#limits));
      share.since = now;
      share.bytesThen = share.bytes;
    }
  }

  #waiting(): readonly Share[] {
    return [...this.#shares].filter(({ state }) => state === 'waiting');
  }

  /** Oldest body that is not decoded. */
  #first(): Share | undefined {
    for (const share of this.#shares) if (share.state !== 'decoded') return share;
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

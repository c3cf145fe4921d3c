import type { Request, Response } from 'express';
import { RuntimeFailure } from '../core/failure.ts';
import type { LimitStatus } from '../wires/wire.ts';
import { clientKey } from './guards.ts';
import { summaryOf, wireOf } from './request-state.ts';

/** Limits of one client key for each minute; an absent one does not apply. */
export interface RateLimits {
  readonly requests?: number | undefined;
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
}

export interface RateLimiterOptions {
  readonly limits: RateLimits;
  /** Keys of the server's clients. Without any, all clients share the limits. */
  readonly apiKeys: readonly string[];
  /** Time in milliseconds. Default: the system's. */
  readonly now?: () => number;
}

const MINUTE_MS = 60_000;

/** Amount that is used up and refills evenly over a minute. It may be overdrawn by the last request. */
class Bucket {
  readonly limit: number;
  #left: number;
  #at: number;

  constructor(limit: number, now: number) {
    this.limit = limit;
    this.#left = limit;
    this.#at = now;
  }

  /** Amount that is left. */
  left(now: number): number {
    this.#left = Math.min(this.limit, this.#left + ((now - this.#at) / MINUTE_MS) * this.limit);
    this.#at = now;
    return this.#left;
  }

  /** Milliseconds until so much is left. */
  waitFor(amount: number, now: number): number {
    return Math.max(0, ((amount - this.left(now)) / this.limit) * MINUTE_MS);
  }

  take(amount: number, now: number): void {
    this.#left = this.left(now) - amount;
  }
}

type Kind = LimitStatus['kind'];

/** Limits the requests and tokens of each client key. */
export class RateLimiter {
  readonly #limits: readonly (readonly [Kind, number])[];
  readonly #now: () => number;
  readonly #hasKeys: boolean;
  /** By key. A request has passed the guard, so that its key is one of the server's. */
  readonly #buckets = new Map<string, ReadonlyMap<Kind, Bucket>>();

  constructor({ limits, apiKeys, now = Date.now }: RateLimiterOptions) {
    const { requests, inputTokens, outputTokens } = limits;
    const kinds = { requests, 'input-tokens': inputTokens, 'output-tokens': outputTokens };
    this.#limits = (['requests', 'input-tokens', 'output-tokens'] as const).flatMap((kind) => {
      const limit = kinds[kind];
      return limit === undefined ? [] : [[kind, limit] as const];
    });
    this.#now = now;
    this.#hasKeys = apiKeys.length > 0;
  }

  /**
   * Counts a request and, at its end, its tokens. Writes what is left into its headers.
   *
   * @throws {rate-limited} if one of the limits is used up
   */
  admit(request: Request, response: Response): void {
    if (this.#limits.length === 0) return;
    const buckets = this.#bucketsOf(this.#hasKeys ? (clientKey(request) ?? '') : '');
    const now = this.#now();
    const encoded = () => wireOf(request).encodeLimits?.(statusOf(buckets, now)) ?? {};
    for (const [kind, bucket] of buckets) {
      const wait = bucket.waitFor(1, now);
      if (wait === 0) continue;
      response.set(encoded());
      throw usedUp(kind, bucket, wait);
    }
    buckets.get('requests')?.take(1, now);
    response.set(encoded());
    response.once('close', () => {
      const { promptTokens = 0, outputTokens = 0 } = summaryOf(request);
      buckets.get('input-tokens')?.take(promptTokens, this.#now());
      buckets.get('output-tokens')?.take(outputTokens, this.#now());
    });
  }

  #bucketsOf(key: string): ReadonlyMap<Kind, Bucket> {
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    const now = this.#now();
    const buckets = new Map(this.#limits.map(([kind, limit]) => [kind, new Bucket(limit, now)]));
    this.#buckets.set(key, buckets);
    return buckets;
  }
}

function statusOf(buckets: ReadonlyMap<Kind, Bucket>, now: number): readonly LimitStatus[] {
  return [...buckets].map(([kind, bucket]) => ({
    kind,
    limit: bucket.limit,
    remaining: Math.max(0, Math.floor(bucket.left(now))),
    fullAt: new Date(now + bucket.waitFor(bucket.limit, now)),
  }));
}

function usedUp(kind: Kind, { limit }: Bucket, waitMs: number): RuntimeFailure {
  const seconds = Math.ceil(waitMs / 1000);
  return new RuntimeFailure(
    'rate-limited',
    `This server allows ${limit} ${kind.replace('-', ' ')} per minute for each key. Try again in ${seconds} s.`,
    { retryAfterSeconds: seconds },
  );
}

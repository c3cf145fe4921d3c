import type { CacheLifetime } from './decoding/cache-control.ts';
import type { ThinkingSeal } from './signature.ts';

/** What an answer is encoded with. */
export interface EncodeOptions {
  readonly messageId: string;
  /** The name that the request asked for. */
  readonly model: string;
  readonly seal: ThinkingSeal;
  /** `omitted`: the client gets no thinking, only a signature with the thinking sealed inside. */
  readonly thinkingDisplay: 'full' | 'omitted';
  /** Lifetime that the client asked for its cached prompt. */
  readonly cacheLifetime?: CacheLifetime;
  /** Whether the model may think, so that an answer may well begin with thinking. */
  readonly thinks: boolean;
}

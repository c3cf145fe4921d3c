import type { CacheLifetime } from './decoding/cache-control.ts';
import type { ThinkingSeal } from './signature.ts';

/** Options for the encoding of an answer. */
export interface EncodeOptions {
  readonly messageId: string;
  /** Model name in the request. */
  readonly model: string;
  readonly seal: ThinkingSeal;
  /** Visibility of thinking. If omitted, the signature contains the encrypted thinking instead. */
  readonly thinkingDisplay: 'full' | 'omitted';
  /** Requested lifetime of the cached prompt. */
  readonly cacheLifetime?: CacheLifetime;
  /** The model may think, so that an answer probably begins with thinking. */
  readonly thinks: boolean;
}

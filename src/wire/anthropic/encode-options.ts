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
  /** How long the client asked to keep what is cached. */
  readonly cacheLifetime?: CacheLifetime;
  /** Whether the model may think, so that an answer may well begin with thinking. */
  readonly thinks: boolean;
}

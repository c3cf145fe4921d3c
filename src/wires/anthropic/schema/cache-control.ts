import { z } from 'zod';

/** Cache breakpoint: requests caching of the prompt before it. */
export const cacheControl = z
  .object({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).nullish() })
  .nullish();

export type CacheControl = z.output<typeof cacheControl>;

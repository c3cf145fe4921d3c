import { z } from 'zod';

/** A cache breakpoint: what lies before it is worth keeping. */
export const cacheControl = z
  .object({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).nullish() })
  .nullish();

export type CacheControl = z.output<typeof cacheControl>;

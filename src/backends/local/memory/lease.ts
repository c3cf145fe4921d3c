import type { LoadNeeds } from './eviction.ts';

/** Lease of memory for one engine's weights: models are loaded one by one, if there is memory. */
export interface MemoryLease {
  /** Resolves to the number of slots once the engine may load. Throws if it never could. */
  acquire(needs: LoadNeeds): Promise<number>;
  /** Confirms that the engine has loaded, or gives the lease back. */
  settle(loaded: boolean): void;
}

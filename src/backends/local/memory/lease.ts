import type { LoadNeeds } from './eviction.ts';

/** Lease of memory for one engine's weights. Models are loaded one by one, if there is memory; one that takes long delays no other. */
export interface MemoryLease {
  /** Waits until the engine may load. Resolves to the number of slots. Throws if it can never load. */
  acquire(needs: LoadNeeds): Promise<number>;
  /** Confirms that the engine has loaded, or returns the lease. */
  settle(loaded: boolean): void;
}

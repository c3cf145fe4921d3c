import type { LoadNeeds } from './eviction.ts';

/** What stands before the loading of weights: models are loaded one by one, and where there is room. */
export interface LoadGate {
  /** Resolves to the number of slots once it may load. Throws where it never could. */
  enter(needs: LoadNeeds): Promise<number>;
  /** Says that it has loaded; or that it holds nothing, and waits no more. */
  settle(loaded: boolean): void;
}

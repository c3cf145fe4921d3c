import { setFlagsFromString } from 'node:v8';

/** Growth of the heap after which V8 collects all of it, in percent. */
const GROWTH = 40;

/**
 * Has V8 collect the heap of a server more often. By default it lets a heap of 30 MB grow to over 100 MB between
 * collections, and models need that memory.
 */
export function limitHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
}

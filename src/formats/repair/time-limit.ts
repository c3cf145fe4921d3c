import { createContext, Script } from 'node:vm';

/** Maximum time for one repair, while other requests wait. */
const MOST_MS = 120;

/** Minimum time limit, even after repairs that exceeded theirs. Ordinary repairs need less. */
const LEAST_MS = 60;

/** Share of elapsed time by which the limit recovers after a repair that exceeded it. */
const SHARE = 0.2;

const context = createContext({});
const script = new Script('work()');

let left = MOST_MS;
let since = performance.now();

/**
 * Runs a function whose time may grow much faster than its input, and stops it at a time limit. A function that
 * exceeds the limit shortens the limit of the next ones. Only scripts can have a timeout in Node, so a script
 * calls the function.
 *
 * @throws if the function exceeds the limit
 * @see https://nodejs.org/api/vm.html#scriptrunincontextcontextifiedobject-options
 */
export function withTimeLimit<Result>(work: () => Result): Result | undefined {
  const began = performance.now();
  left = Math.min(MOST_MS, left + (began - since) * SHARE);
  since = began;
  const timeout = Math.round(Math.max(LEAST_MS, left));
  let result: Result | undefined;
  context['work'] = () => {
    result = work();
  };
  try {
    script.runInContext(context, { timeout });
    return result;
  } catch (error) {
    const took = performance.now() - began;
    if (took >= timeout) left = Math.max(0, left - took);
    throw error;
  } finally {
    // Releases the text that the function references.
    context['work'] = undefined;
  }
}

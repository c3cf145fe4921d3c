import { createContext, Script } from 'node:vm';

/** Longest time for one piece of work; other requests wait for it. */
const MOST_MS = 120;

/** Time that work has at least, even after other work ran into its limit: honest repairs need less. */
const LEAST_MS = 60;

/** Share of the passing time by which the limit recovers after work that ran into it. */
const SHARE = 0.2;

const context = createContext({});
const script = new Script('work()');

let left = MOST_MS;
let since = performance.now();

/**
 * Runs work that may take far longer than its input suggests, and ends it at a time limit. Work that runs into
 * the limit shortens the limit for what follows. Node runs a script with a timeout; the work itself is no script.
 *
 * @throws if the time is over
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
    // The work holds on to its text.
    context['work'] = undefined;
  }
}

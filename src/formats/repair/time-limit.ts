import { createContext, Script } from 'node:vm';

/** Most time that limited work takes in a row; other requests wait for it. */
const MOST_MS = 80;

/** Share of the time that passes which limited work may take on average. */
const SHARE = 0.2;

const context = createContext({});
const script = new Script('work()');

let left = MOST_MS;
let since = performance.now();

/**
 * Runs work that may take far longer than its input lets expect, and ends it when the time is over that all
 * such work may take together. Node runs a script with a timeout; the work itself is no script.
 *
 * @throws if the time is over
 * @see https://nodejs.org/api/vm.html#scriptrunincontextcontextifiedobject-options
 */
export function withTimeLimit<Result>(work: () => Result): Result | undefined {
  const began = performance.now();
  left = Math.min(MOST_MS, left + (began - since) * SHARE);
  let result: Result | undefined;
  context['work'] = () => {
    result = work();
  };
  try {
    script.runInContext(context, { timeout: Math.max(1, Math.round(left)) });
    return result;
  } finally {
    since = performance.now();
    left = Math.max(0, left - (since - began));
  }
}

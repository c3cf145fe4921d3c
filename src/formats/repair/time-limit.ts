import { createContext, Script } from 'node:vm';
import { isRecord } from '../../core/json.ts';

/** Maximum time for one repair, while other requests wait. */
const MOST_MS = 120;

/** Minimum time limit, even after repairs that exceeded theirs. Ordinary repairs need less. */
const LEAST_MS = 60;

/** Share of elapsed time by which the limit recovers after a repair that exceeded it. */
const SHARE = 0.2;

/** Attempts at a repair that hardly gets the processor, because other processes use it. */
const MOST_ATTEMPTS = 3;

/** Share of the limit in CPU time from which on a repair is too slow itself. */
const OWN_SHARE = 0.5;

const context = createContext({});
const script = new Script('work()');

let left = MOST_MS;
let since = performance.now();

/**
 * Runs a function whose time may grow much faster than its input, and stops it at a time limit. A function that
 * exceeds the limit shortens the limit of the next ones. The limit counts elapsed time, so a function that got
 * little CPU time by then runs again, with a longer limit. Only scripts can have a timeout in Node, so a script
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
  const spent = startCpuClock();
  for (let attempt = 1; ; attempt++) {
    try {
      return runWithin(timeout * attempt, work);
    } catch (error) {
      if (!isTimeout(error)) throw error;
      if (attempt < MOST_ATTEMPTS && spent() < timeout * OWN_SHARE) continue;
      left = Math.max(0, left - spent());
      throw error;
    }
  }
}

function runWithin<Result>(timeout: number, work: () => Result): Result | undefined {
  let result: Result | undefined;
  context['work'] = () => {
    result = work();
  };
  try {
    script.runInContext(context, { timeout });
    return result;
  } finally {
    // Releases the text that the function references.
    context['work'] = undefined;
  }
}

/** Recognizes Node's error for a timeout by its code: it belongs to the script's context, as its classes do. */
function isTimeout(error: unknown): boolean {
  return isRecord(error) && error['code'] === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}

/** Returns a function that returns the milliseconds of CPU time which this process has spent since. */
function startCpuClock(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
}

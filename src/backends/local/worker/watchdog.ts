import { Worker } from 'node:worker_threads';

/** Input of the watchdog's thread. */
export interface WatchdogOptions {
  /** Process that this one works for. */
  readonly parent: number;
  /** Resident bytes of this process above which it is ended; absent means no limit. */
  readonly memoryBytes?: number;
}

/** Guard of this process. */
export interface Watchdog {
  /** Allows this process so many milliseconds of CPU time from now on; Infinity ends the limit. */
  allow(milliseconds: number): void;
}

/** Signal that ends a process whose CPU time is used up. */
export const TIME_SIGNAL = 'SIGQUIT';

/** Signal that ends a process which has taken too much memory. Others send SIGKILL; Windows has no SIGUSR2. */
export const MEMORY_SIGNAL = process.platform === 'win32' ? 'SIGKILL' : 'SIGUSR2';

/**
 * Starts a thread that ends this process once its parent is gone, or a limit is exceeded. A thread of its
 * own, because the end of the IPC channel goes unnoticed while the main thread is in native code.
 */
export function startWatchdog(options: WatchdogOptions): Watchdog {
  const thread = new Worker(new URL('./watchdog-thread.js', import.meta.url), {
    workerData: options,
  });
  thread.unref();
  return { allow: (milliseconds) => thread.postMessage(cpuTime() + milliseconds) };
}

/** CPU time of this process, all threads together, in milliseconds. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The process that started this one, as it says in the arguments: it may be gone already. */
export function parentProcess(): number {
  return Number(process.argv[2] ?? process.ppid);
}

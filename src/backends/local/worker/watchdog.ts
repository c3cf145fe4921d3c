import { Worker } from 'node:worker_threads';

/** Input of the watchdog's thread. */
export interface WatchdogOptions {
  /** Parent process. */
  readonly parent: number;
  /** Resident bytes of this process above which it is ended; absent means no limit. */
  readonly memoryBytes?: number;
}

/** Watchdog of this process. */
export interface Watchdog {
  /**
   * Watches until `rest`, because native code may now block the main thread.
   *
   * @param cpuMs CPU time that this process may use from now on; default: no limit
   */
  watch(cpuMs?: number): void;
  /** Ends the watch. An idle main thread notices the end of the parent itself, so the thread can sleep. */
  rest(): void;
}

/** Message to the thread: the CPU time in milliseconds that the process may reach, or null to rest. */
export type WatchMessage = number | null;

/** Signal that ends a process whose CPU time is used up. */
export const TIME_SIGNAL = 'SIGQUIT';

/** Signal that ends a process with too much memory. Other programs send SIGKILL; Windows has no SIGUSR2. */
export const MEMORY_SIGNAL = process.platform === 'win32' ? 'SIGKILL' : 'SIGUSR2';

/**
 * Starts a thread that, while it watches, ends this process after the end of its parent, or above a limit. It is a
 * thread, because the main thread does not notice the end of the IPC channel while it is in native code.
 */
export function startWatchdog(options: WatchdogOptions): Watchdog {
  const thread = new Worker(new URL('./watchdog-thread.js', import.meta.url), {
    workerData: options,
  });
  thread.unref();
  const send = (message: WatchMessage) => thread.postMessage(message);
  return {
    watch: (cpuMs = Infinity) => send(cpuTime() + cpuMs),
    rest: () => send(null),
  };
}

/** CPU time of all threads of this process, in milliseconds. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Number of the parent process, from the arguments, because the parent may already have ended. */
export function parentProcess(): number {
  return Number(process.argv[2] ?? process.ppid);
}

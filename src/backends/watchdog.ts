import { Worker } from 'node:worker_threads';

/** Input of the watchdog's thread. */
export interface WatchdogOptions {
  /** Process that this one works for. */
  readonly parent: number;
  /** Resident bytes of this process above which it is ended; absent means no limit. */
  readonly memoryBytes?: number;
}

/**
 * Starts a thread that ends this process with SIGKILL once its parent is gone or its memory limit is
 * exceeded. A thread of its own, because the end of the IPC channel goes unnoticed while the main thread
 * is in native code.
 */
export function startWatchdog(options: WatchdogOptions): void {
  const thread = new Worker(new URL('./watchdog-thread.js', import.meta.url), {
    workerData: options,
  });
  thread.unref();
}

/** The process that started this one, as it says in the arguments: it may be gone already. */
export function parentProcess(): number {
  return Number(process.argv[2] ?? process.ppid);
}

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { EngineTask } from '../engine-settings.ts';

/** Size of the heap for young objects in MB. Tokens make few, so that a larger one only takes 30 MB more. */
const YOUNG_HEAP = '--max-semi-space-size=2';

/**
 * Setting of glibc's allocator. Without a limit, each thread that loads a part of a model has an arena, and the free
 * memory of one arena is useless to the others: 25 MB for a vocabulary of 49,000 tokens.
 */
const ONE_ARENA = { MALLOC_ARENA_MAX: '1' };

/** Threads of libuv by default. */
const MOST_THREADS = 4;

/** Starts the process of an engine, with settings that suit one. Those of the environment have priority. */
export function startChild(
  module: URL,
  task: EngineTask,
  environment: NodeJS.ProcessEnv,
): ChildProcess {
  return fork(module, [String(process.pid)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [YOUNG_HEAP],
    env: { ...ONE_ARENA, ...workerThreads(task), ...environment },
  });
}

/**
 * Limits the threads that evaluate batches and sample in turn. With more of them than the model may use, a batch of
 * four streams is sampled on other cores than it is evaluated on, which takes 5 % more time. The vision runner
 * evaluates a complete answer in one of them, so others have to be left for its other calls.
 */
function workerThreads({ runner, spec, settings }: EngineTask): NodeJS.ProcessEnv {
  if (runner !== 'llama-cpp') return {};
  const threads = settings.threads ?? spec.threads ?? Math.max(1, availableParallelism() - 1);
  return { UV_THREADPOOL_SIZE: String(Math.min(MOST_THREADS, threads)) };
}

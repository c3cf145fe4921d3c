import { Worker } from 'node:worker_threads';
import { messageOf } from '../../../core/failure.ts';
import type { PageText, SentPage } from './page-text.ts';
import { ServiceError } from './services.ts';

/** The largest ordinary page takes a second. One that takes longer was built to. */
const READ_TIMEOUT_MS = 10_000;

/** Several times the memory for the largest page. */
const MOST_MEMORY_MB = 256;

/** Reads a page in its own thread. Throws a ServiceError, or the signal's reason. */
export type PageReader = (page: SentPage, signal: AbortSignal) => Promise<PageText>;

/**
 * Creates a reader that works outside of the event loop, one page at a time.
 *
 * @param module module of the thread
 */
export function createPageReader(module: URL, timeoutMs = READ_TIMEOUT_MS): PageReader {
  let last: Promise<unknown> = Promise.resolve();
  return (page, signal) => {
    const reading = last.then(() => {
      signal.throwIfAborted();
      return readInThread(module, page, AbortSignal.timeout(timeoutMs), signal);
    });
    last = reading.catch(() => undefined);
    return reading;
  };
}

async function readInThread(
  module: URL,
  page: SentPage,
  late: AbortSignal,
  signal: AbortSignal,
): Promise<PageText> {
  const worker = new Worker(module, {
    resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
    execArgv: [],
  });
  worker.postMessage(page);
  try {
    return await replyOf(worker, AbortSignal.any([signal, late]));
  } catch (error) {
    signal.throwIfAborted();
    const reason = late.aborted ? 'it takes too long' : messageOf(error);
    const message = `the page of ${new URL(page.url).host} can't be read (${reason})`;
    throw new ServiceError('content-too-large', message, error);
  } finally {
    await worker.terminate();
  }
}

function replyOf(worker: Worker, signal: AbortSignal): Promise<PageText> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error('it was stopped', { cause: signal.reason }));
    signal.addEventListener('abort', stop, { once: true });
    worker.once('message', resolve).once('error', reject);
  });
}

import { Worker } from 'node:worker_threads';
import type { FileFactsRequest, FileFacts } from './file-facts.ts';

/** Timeout of a file. A header takes a tenth of a second, so a disk or a template that takes longer hangs. */
const READ_TIMEOUT_MS = 5_000;

/** Time without requests after which the thread ends. A listing requests its files one by one. */
const IDLE_MS = 2_000;

/** Memory limit, which is more than a header and a template take. */
const MOST_MEMORY_MB = 64;

/**
 * Reads files one by one in a thread, so that neither their number nor a file that hangs delays requests.
 */
export class FileFactsThread {
  readonly #module: URL;
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;

  constructor(module: URL) {
    this.#module = module;
  }

  /** Reads the facts of a file; undefined if it can't be read in time. */
  read(question: FileFactsRequest): Promise<FileFacts | undefined> {
    const reading = this.#last.then(() => this.#read(question));
    this.#last = reading;
    return reading;
  }

  close(): void {
    clearTimeout(this.#idle);
    void this.#worker?.terminate();
    this.#worker = undefined;
  }

  async #read(question: FileFactsRequest): Promise<FileFacts | undefined> {
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    worker.ref();
    const facts = await replyOf(worker, question);
    if (facts === 'none') {
      this.close();
      return undefined;
    }
    // An idle thread must not keep the process alive.
    worker.unref();
    this.#idle = setTimeout(() => this.close(), IDLE_MS).unref();
    return facts;
  }

  #start(): Worker {
    const worker = new Worker(this.#module, {
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
      execArgv: [],
    });
    // An abandoned thread may still run out of memory. Without a listener, that error would end this process.
    worker.on('error', () => undefined);
    return worker;
  }
}

/** Waits for the answer of a thread; `none` if it ended, or took too long. */
function replyOf(
  worker: Worker,
  question: FileFactsRequest,
): Promise<FileFacts | undefined | 'none'> {
  return new Promise((resolve) => {
    const settle = (facts: FileFacts | undefined | 'none'): void => {
      clearTimeout(timer);
      worker.off('message', settle).off('error', fail).off('exit', fail);
      resolve(facts);
    };
    const fail = (): void => settle('none');
    const timer = setTimeout(fail, READ_TIMEOUT_MS);
    worker.on('message', settle).on('error', fail).on('exit', fail);
    worker.postMessage(question);
  });
}

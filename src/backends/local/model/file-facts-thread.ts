import { Worker } from 'node:worker_threads';
import type { FactsQuestion, FileFacts } from './file-facts.ts';

/** A header takes a tenth of a second; a disk or a template that takes longer hangs. */
const READ_TIMEOUT_MS = 5_000;

/** A listing asks for file after file; then the thread is not needed any more. */
const IDLE_MS = 2_000;

/** More than a header and a template take. */
const MOST_MEMORY_MB = 64;

/**
 * Reads files one after the other in a thread of its own, so that neither their number nor a file
 * that hangs is felt by requests.
 */
export class FileFactsThread {
  readonly #module: URL;
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;

  constructor(module: URL) {
    this.#module = module;
  }

  /** Undefined for a file that can't be read, or not in time. */
  read(question: FactsQuestion): Promise<FileFacts | undefined> {
    const reading = this.#last.then(() => this.#read(question));
    this.#last = reading;
    return reading;
  }

  close(): void {
    clearTimeout(this.#idle);
    void this.#worker?.terminate();
    this.#worker = undefined;
  }

  async #read(question: FactsQuestion): Promise<FileFacts | undefined> {
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    worker.ref();
    const facts = await replyOf(worker, question);
    if (facts === 'none') {
      this.close();
      return undefined;
    }
    // An idle thread does not keep the process alive.
    worker.unref();
    this.#idle = setTimeout(() => this.close(), IDLE_MS).unref();
    return facts;
  }

  #start(): Worker {
    const worker = new Worker(this.#module, {
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
      execArgv: [],
    });
    // One that is given up may still run out of memory; unheard, that would end this process.
    worker.on('error', () => undefined);
    return worker;
  }
}

/** Answer of a thread; `none` if it died, or took too long. */
function replyOf(worker: Worker, question: FactsQuestion): Promise<FileFacts | undefined | 'none'> {
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

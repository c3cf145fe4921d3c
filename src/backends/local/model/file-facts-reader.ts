import { parentPort } from 'node:worker_threads';
import { readFileFacts } from './file-facts.ts';
import type { FactsQuestion, FileFacts } from './file-facts.ts';

/** Reads files for the thread that started this one, in the order in which it asks. */
parentPort?.on('message', (question: FactsQuestion) => {
  parentPort?.postMessage(read(question));
});

/** Undefined for a file that can't be read. */
function read(question: FactsQuestion): FileFacts | undefined {
  try {
    return readFileFacts(question);
  } catch {
    return undefined;
  }
}

import { parentPort } from 'node:worker_threads';
import { readFileFacts } from './file-facts.ts';
import { problemOfGguf } from './require-gguf.ts';
import type { FactsQuestion, FileFacts } from './file-facts.ts';

/** Reads files for the thread that started this one, in the order in which it asks. */
parentPort?.on('message', (question: FactsQuestion) => {
  parentPort?.postMessage(read(question));
});

/** Undefined for a file of which nothing can be found out. */
function read(question: FactsQuestion): FileFacts | undefined {
  try {
    const problem = problemOfGguf(question.file);
    return problem === undefined ? readFileFacts(question) : { problem };
  } catch {
    return undefined;
  }
}

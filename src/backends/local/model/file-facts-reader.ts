import { parentPort } from 'node:worker_threads';
import { readFileFacts } from './file-facts.ts';
import { problemOfGguf } from './require-gguf.ts';
import type { FileFactsRequest, FileFacts } from './file-facts.ts';

/** Reads files for the parent thread, in the order of its requests. */
parentPort?.on('message', (question: FileFactsRequest) => {
  parentPort?.postMessage(read(question));
});

/** Reads the facts of a file; undefined if that fails. */
function read(question: FileFactsRequest): FileFacts | undefined {
  try {
    const problem = problemOfGguf(question.file);
    return problem === undefined ? readFileFacts(question) : { problem };
  } catch {
    return undefined;
  }
}

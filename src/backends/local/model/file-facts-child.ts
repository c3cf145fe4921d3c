import { parentProcess, startWatchdog } from '../worker/watchdog.ts';
import { readFileFacts } from './file-facts.ts';
import type { FileFactsRequest } from './file-facts.ts';
import type { FileFactsCommand, FileFactsReply } from './file-facts-process.ts';
import { problemOfGguf } from './require-gguf.ts';

/** Resident memory at which a template is ended. */
const MOST_BYTES = 2 ** 28;

// Ctrl-C in a terminal reaches the process group, but the server decides when this process ends.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit(0));
const watchdog = startWatchdog({ parent: parentProcess(), memoryBytes: MOST_BYTES });

process.on('message', ({ request, cpuMs }: FileFactsCommand) => {
  watchdog.watch(cpuMs);
  const reply = read(request);
  watchdog.rest();
  process.send?.(reply);
});

/** Reads the facts of a file, or its problem. */
function read(request: FileFactsRequest): FileFactsReply {
  try {
    const problem = problemOfGguf(request.file);
    return problem === undefined ? readFileFacts(request) : { problem };
  } catch {
    return null;
  }
}

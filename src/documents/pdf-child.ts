import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import type { PdfCommand, PdfReply } from './pdf-protocol.ts';
import { readPdf } from './pdf-reader.ts';

/** Interval of the checks of memory, which can grow by gigabytes in a second. */
const INTERVAL_MS = 50;

if (isMainThread) watch();
else parentPort?.once('message', (command: PdfCommand) => void readInThread(command));

/** Starts the thread that reads, and ends this process with its server or above its memory limit. */
function watch(): void {
  // Ctrl-C in a terminal reaches the process group, but the server decides when this process ends.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  process.on('disconnect', end);
  const thread = new Worker(new URL(import.meta.url));
  thread.on('message', reply).on('error', () => reply({ kind: 'fault', fault: 'memory' }));
  process.on('message', (command: PdfCommand) => thread.postMessage(command));
  const memoryBytes = Number(process.argv[2]);
  setInterval(() => {
    if (process.memoryUsage.rss() < memoryBytes) return;
    process.send?.({ kind: 'fault', fault: 'memory' } satisfies PdfReply, end);
  }, INTERVAL_MS);
}

function reply(message: PdfReply): void {
  process.send?.(message);
}

/** Ends the process without waiting for its thread, which may be in a long step. */
function end(): void {
  process.kill(process.pid, 'SIGKILL');
}

async function readInThread(command: PdfCommand): Promise<void> {
  for await (const message of readPdf(command)) parentPort?.postMessage(message);
}

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { raceAbort } from '../core/abort.ts';
import { necessaryEnvironment } from '../core/necessary-environment.ts';
import { MOST_MEMORY_BYTES, PICTURES_TIMEOUT_MS, TEXT_TIMEOUT_MS } from './limits.ts';
import type { PdfCommand, PdfFault, PdfPage, PdfReply } from './pdf-protocol.ts';

/** Heap limit of the process, apart from buffers. */
const MOST_HEAP_MB = 512;

/** Error with the reason why a PDF was not read. */
export class PdfFailure extends Error {
  override readonly name = 'PdfFailure';
  readonly fault: PdfFault;

  constructor(fault: PdfFault) {
    super(`The PDF can't be read: ${fault}`);
    this.fault = fault;
  }
}

/** Reads the pages of a PDF. Throws a PdfFailure, or a RuntimeFailure `cancelled` on abort. */
export type PdfReader = (command: PdfCommand, signal: AbortSignal) => Promise<readonly PdfPage[]>;

/** Limits of one PDF. */
interface PdfLimits {
  readonly textTimeoutMs: number;
  readonly picturesTimeoutMs: number;
  /** Resident memory of the process. */
  readonly memoryBytes: number;
}

const LIMITS: PdfLimits = {
  textTimeoutMs: TEXT_TIMEOUT_MS,
  picturesTimeoutMs: PICTURES_TIMEOUT_MS,
  memoryBytes: MOST_MEMORY_BYTES,
};

/**
 * Creates a reader that starts a process for each PDF, one at a time. It is no thread, because a file that exceeds
 * a thread's memory in one step ends the whole process, and because its buffers are not part of a thread's heap.
 *
 * @param module module of the process
 */
export function createPdfReader(module: URL, limits: Partial<PdfLimits> = {}): PdfReader {
  const { textTimeoutMs, picturesTimeoutMs, memoryBytes } = { ...LIMITS, ...limits };
  let last: Promise<unknown> = Promise.resolve();
  return (command, signal) => {
    const timeoutMs = command.longestEdge === undefined ? textTimeoutMs : picturesTimeoutMs;
    const reading = last.then(() => {
      signal.throwIfAborted();
      const child = startChild(module, memoryBytes);
      return readIn(child, command, AbortSignal.timeout(timeoutMs), signal);
    });
    last = reading.catch(() => undefined);
    // A client may leave before its turn.
    return raceAbort(reading, signal);
  };
}

function startChild(module: URL, memoryBytes: number): ChildProcess {
  return fork(module, [String(memoryBytes)], {
    env: necessaryEnvironment(),
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [`--max-old-space-size=${MOST_HEAP_MB}`],
    serialization: 'advanced',
  });
}

async function readIn(
  child: ChildProcess,
  command: PdfCommand,
  late: AbortSignal,
  signal: AbortSignal,
): Promise<readonly PdfPage[]> {
  try {
    return await pagesFrom(child, command, AbortSignal.any([signal, late]));
  } catch (error) {
    signal.throwIfAborted();
    throw late.aborted ? new PdfFailure('time') : error;
  } finally {
    child.kill('SIGKILL');
  }
}

function pagesFrom(
  child: ChildProcess,
  command: PdfCommand,
  signal: AbortSignal,
): Promise<readonly PdfPage[]> {
  return new Promise((resolve, reject) => {
    const pages: PdfPage[] = [];
    const fail = (fault: PdfFault) => reject(new PdfFailure(fault));
    signal.addEventListener('abort', () => fail('time'), { once: true });
    child.on('message', (reply: PdfReply) => {
      if (reply.kind === 'page') pages.push(reply.page);
      else if (reply.kind === 'end') resolve(pages);
      else fail(reply.fault);
    });
    // Only a file that exceeds a limit of the system or crashes a library ends the process without a word.
    child.once('exit', () => fail('memory')).once('error', () => fail('memory'));
    child.send(command, () => undefined);
  });
}

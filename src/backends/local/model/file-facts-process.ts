import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { basename } from 'node:path';
import { ownEnd, templateLimitExceeded } from '../prompts/template-limits.ts';
import { killChild } from '../worker/ended.ts';
import { necessaryEnvironment } from '../../../core/necessary-environment.ts';
import { TIME_SIGNAL } from '../worker/watchdog.ts';
import type { FileFactsRequest, FileFacts } from './file-facts.ts';

/** Timeout of a file. A header takes a tenth of a second, so a disk that takes longer hangs. */
const READ_TIMEOUT_MS = 10_000;

/** Limit of the CPU time of a file. */
const CPU_MS = 2_000;

/** Time without requests after which the process ends. A listing requests its files one by one. */
const IDLE_MS = 2_000;

/** Heap limit, which is more than a header and a template take. */
const MOST_MEMORY_MB = 128;

/** File, and the limit of the CPU time to read it. */
export interface FileFactsCommand {
  readonly request: FileFactsRequest;
  readonly cpuMs: number;
}

/** Facts that were read; null if reading failed. */
export type FileFactsReply = FileFacts | null;

/**
 * Reads files one by one in a child process, so that neither their number nor a file that hangs delays requests. It
 * is no thread, because a template that exceeds a thread's heap in one step ends the whole process.
 */
export class FileFactsProcess {
  readonly #module: URL;
  #child: ChildProcess | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;

  constructor(module: URL) {
    this.#module = module;
  }

  /** Reads the facts of a file, or the problem of its template; undefined if it can't be read in time. */
  read(request: FileFactsRequest): Promise<FileFacts | undefined> {
    const reading = this.#last.then(() => this.#read(request));
    this.#last = reading;
    return reading;
  }

  close(): void {
    clearTimeout(this.#idle);
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  async #read(request: FileFactsRequest): Promise<FileFacts | undefined> {
    clearTimeout(this.#idle);
    const child = (this.#child ??= this.#start());
    child.ref();
    child.channel?.ref();
    const facts = await replyOf(child, request);
    // An idle process must not keep this one alive.
    child.unref();
    child.channel?.unref();
    this.#idle = setTimeout(() => this.close(), IDLE_MS).unref();
    return facts;
  }

  #start(): ChildProcess {
    const child = fork(this.#module, [String(process.pid)], {
      env: necessaryEnvironment(),
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [`--max-old-space-size=${MOST_MEMORY_MB}`],
    });
    const drop = (): void => {
      if (this.#child === child) this.#child = undefined;
    };
    child.once('exit', drop).on('error', drop);
    return child;
  }
}

/** Waits for the reply of a process, and ends the process if it takes too long. */
function replyOf(child: ChildProcess, request: FileFactsRequest): Promise<FileFacts | undefined> {
  return new Promise((resolve) => {
    const settle = (facts: FileFacts | undefined): void => {
      clearTimeout(late);
      child.off('message', reply).off('exit', exited).off('error', failed);
      resolve(facts);
    };
    const reply = (facts: FileFactsReply): void => settle(facts ?? undefined);
    const failed = (): void => settle(undefined);
    const exited = (code: number | null, signal: NodeJS.Signals | null): void => {
      const how = howItEnded(code, signal);
      settle(how === undefined ? undefined : { problem: problemOf(request, how) });
    };
    const late = setTimeout(() => killChild(child), READ_TIMEOUT_MS);
    child.on('message', reply).on('exit', exited).on('error', failed);
    const command: FileFactsCommand = { request, cpuMs: CPU_MS };
    child.send(command, () => undefined);
  });
}

/** Exit code of a process that Windows aborts. Others mean that it could not start. */
const ABORTED = 134;

/** Reason why a template ended its process; undefined if another cause ended it. */
function howItEnded(code: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (signal === TIME_SIGNAL) return `took longer than ${CPU_MS / 1000} s`;
  return ownEnd(code === ABORTED ? code : null, signal);
}

function problemOf({ file }: FileFactsRequest, how: string): string {
  return templateLimitExceeded(basename(file), how).message;
}

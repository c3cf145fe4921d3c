import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { revivedFailure } from '../../../core/plain-failure.ts';
import { addonPath } from './jinja.ts';
import { closed, endedBy, limitExceeded, lost, ProcessLost } from './prompt-failures.ts';
import type {
  PromptCommand,
  PromptInput,
  PromptJob,
  PromptReply,
  PromptResult,
} from './prompt-protocol.ts';
import type { TemplateSetup } from './prompt-work.ts';
import { ownEnd } from './template-limits.ts';
import { abortReason } from '../../../core/abort.ts';
import { SlotQueue } from '../../../core/queue.ts';
import { killChild } from '../worker/ended.ts';
import { necessaryEnvironment } from '../../../core/necessary-environment.ts';
import { TIME_SIGNAL } from '../worker/watchdog.ts';

export interface PromptProcessOptions {
  readonly model: string;
  /** Limit of the CPU time of one job in milliseconds; default: 10 s. */
  readonly cpuMs?: number;
  /** Milliseconds in which a job has to get that CPU time; default: 60 s. */
  readonly wallMs?: number;
}

const CPU_MS = 10_000;
/** Longest wait for the CPU time on a busy machine. */
const WALL_MS = 60_000;
/** Time that a job gets to end after its client left, before its process is ended. */
const ABORT_MS = 200;

/**
 * Child process that renders prompts and writes grammars for one model. A template is a program of the model's
 * author, and native code renders it, so only the end of the process can stop it. Jobs run one by one.
 */
export class PromptProcess {
  readonly #options: Required<PromptProcessOptions>;
  readonly #queue = new SlotQueue(Infinity);
  #child: ChildProcess | undefined;
  #setup: TemplateSetup | undefined;
  #isClosed = false;

  constructor(options: PromptProcessOptions) {
    this.#options = {
      cpuMs: CPU_MS,
      wallMs: WALL_MS,
      ...options,
    };
    // Start it now: that takes as long as the load of the vocabulary, and the first request needs both.
    this.#start();
  }

  /** Sets the template for all later jobs. Returns the texts that end a turn of its model. */
  async configure(setup: TemplateSetup, signal?: AbortSignal): Promise<readonly string[]> {
    const ending = await this.run('configure', setup, signal);
    this.#setup = setup;
    return ending;
  }

  /**
   * Runs a job after the earlier ones. Repeats it once if another cause ended the process.
   *
   * @throws {RuntimeFailure} `invalid-request` if the job exceeds its limits of time and memory; `overloaded` if its
   *   process was ended from outside twice; and the job's own failures
   */
  async run<Job extends PromptJob>(
    job: Job,
    input: PromptInput<Job>,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<PromptResult<Job>> {
    const place = this.#queue.enter();
    try {
      await place.turn(signal);
      const work = () => this.#do(job, input, signal);
      return await work().catch((error: unknown) => {
        if (error instanceof ProcessLost) return work();
        throw error;
      });
    } catch (error) {
      throw error instanceof ProcessLost ? lost(this.#options.model, error.message) : error;
    } finally {
      place.leave();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  async #do<Job extends PromptJob>(
    job: Job,
    input: PromptInput<Job>,
    signal: AbortSignal,
  ): Promise<PromptResult<Job>> {
    const child = await this.#ready(signal);
    const reply = await this.#ask(child, job, input, signal);
    if (reply.isLarge) this.#renew(child);
    return resultOf(reply);
  }

  /** Process with the native addon and the template of this one. */
  async #ready(signal: AbortSignal): Promise<ChildProcess> {
    if (this.#isClosed) throw closed(this.#options.model);
    if (this.#child !== undefined) return this.#child;
    const child = this.#start();
    if (this.#setup === undefined) return child;
    // Even if this makes it large, it can run its job: the next process would be as large.
    resultOf(await this.#ask(child, 'configure', this.#setup, signal));
    return child;
  }

  #start(): ChildProcess {
    const child = fork(CHILD_MODULE, [String(process.pid)], {
      env: necessaryEnvironment(),
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // Heap for short jobs: 84 MB in total instead of 112.
      execArgv: ['--max-semi-space-size=2'],
    });
    this.#child = child;
    child.once('exit', () => this.#drop(child));
    child.on('error', () => this.#drop(child));
    return child;
  }

  #drop(child: ChildProcess): void {
    if (this.#child === child) this.#child = undefined;
  }

  #ask<Job extends PromptJob>(
    child: ChildProcess,
    job: Job,
    input: PromptInput<Job>,
    signal: AbortSignal,
  ): Promise<PromptReply<Job>> {
    const { model, cpuMs, wallMs } = this.#options;
    const tooLong = `took longer than ${cpuMs / 1000} s`;
    return new Promise((resolve, reject) => {
      let starved: string | undefined;
      const late = setTimeout(() => {
        // The watchdog ends a job that has used its CPU time, so this one was stopped or did not get it.
        starved = `got less than ${cpuMs / 1000} s of CPU time in ${wallMs / 1000} s`;
        killChild(child);
      }, wallMs);
      const abort = () => setTimeout(() => settled || killChild(child), ABORT_MS);
      let settled = false;
      const settle = () => {
        settled = true;
        clearTimeout(late);
        signal.removeEventListener('abort', abort);
        child.removeAllListeners('message');
        child.off('exit', exited).off('error', exited);
      };
      const exited = (code: unknown, end?: NodeJS.Signals | null) => {
        settle();
        // The next try needs a new process, even if its listener is called first.
        this.#drop(child);
        const how = end === TIME_SIGNAL ? tooLong : ownEnd(code, end);
        if (this.#isClosed) reject(closed(model));
        else if (how !== tooLong && signal.aborted) reject(abortReason(signal));
        else if (how === undefined)
          reject(new ProcessLost(starved ?? endedBy(end ?? String(code))));
        else reject(limitExceeded(model, job, how));
      };
      child.once('message', (reply: PromptReply<Job>) => {
        settle();
        resolve(reply);
      });
      child.once('exit', exited).once('error', exited);
      signal.addEventListener('abort', abort, { once: true });
      const command: PromptCommand<Job> = { job, input, addon: addonPath(), cpuMs };
      child.send(command, () => undefined);
    });
  }

  #renew(child: ChildProcess): void {
    this.#drop(child);
    child.kill('SIGKILL');
  }
}

/** Compiled module, because a child process can't run the sources as tests do. */
const CHILD_MODULE = new URL(
  './prompt-child.js',
  import.meta.url.replace(/\/src\/(backends\/.+)\.ts$/, '/dist/$1.js'),
);

function resultOf<Job extends PromptJob>(reply: PromptReply<Job>): PromptResult<Job> {
  if ('failure' in reply) throw revivedFailure(reply.failure);
  return reply.result;
}

import type { ChildProcess } from 'node:child_process';
import type { Capabilities, GenerationRequest, LoadStatus } from '../../../core/backend.ts';
import { RuntimeFailure } from '../../../core/failure.ts';
import type { GenerationEvent } from '../../../core/events.ts';
import type { EngineLog, EngineTask } from '../engine-settings.ts';
import type { Engine } from '../engine.ts';
import { crash, hang } from './crash.ts';
import { ended, killChild } from './ended.ts';
import type { EngineWatch } from './engine-watch.ts';
import { EventChannel } from './event-channel.ts';
import type { MemoryLease } from '../memory/lease.ts';
import { startChild } from './child-process.ts';
import { deliver } from './client-calls.ts';
import type { Answer, Calls } from './client-calls.ts';
import { send, sendCommand } from './parts.ts';
import { plainFailure } from '../../../core/plain-failure.ts';
import type { EngineCommand, EngineReply } from './protocol.ts';
import { abortReason } from '../../../core/abort.ts';

export interface IsolatedEngineOptions {
  readonly task: EngineTask;
  readonly log: EngineLog;
  /** Lease of the memory for its weights. */
  readonly lease: MemoryLease;
  /** Compiled module of the child process. */
  readonly childModule: URL;
  /** False if its output must not be quoted as the reason of its death; default: true. */
  readonly quotes?: boolean;
  readonly watch?: EngineWatch;
  /** Environment of the child process; default: this process's. */
  readonly environment?: () => NodeJS.ProcessEnv;
}

/** Kept characters of a child's last output, for the reason of its death: it may be before a stack trace. */
const KEPT_CHARACTERS = 8000;

/** Time that a child takes to start, on a busy machine. One that takes longer may hang. */
const START_MS = 5000;

/** Engine in a child process. The first call starts it, and the next call after a crash starts it again. */
export class IsolatedEngine implements Engine {
  readonly #options: IsolatedEngineOptions;
  #child: ChildProcess | undefined;
  #calls: Calls = new Map();
  /** True after the first sign of life of the child. */
  #isUp = false;
  #startedAt = 0;
  #lastCall = 0;

  constructor(options: IsolatedEngineOptions) {
    this.#options = options;
  }

  async capabilities(signal: AbortSignal): Promise<Capabilities> {
    for await (const answer of this.#call({ type: 'capabilities' }, signal)) {
      if (answer.type === 'capabilities') return answer.capabilities;
    }
    throw noAnswer();
  }

  /** Asks a running child. It does not start one. */
  async status(signal: AbortSignal): Promise<LoadStatus | undefined> {
    const isStarting = performance.now() - this.#startedAt < START_MS;
    if (this.#child === undefined || (!this.#isUp && isStarting)) return undefined;
    for await (const answer of this.#call({ type: 'status' }, signal)) {
      if (answer.type === 'status') return answer.status ?? undefined;
    }
    throw noAnswer();
  }

  async countTokens(request: GenerationRequest, signal: AbortSignal): Promise<number> {
    for await (const answer of this.#call({ type: 'count', request }, signal)) {
      if (answer.type === 'count') return answer.tokens;
    }
    throw noAnswer();
  }

  /** Generates an answer. A crash fails a running request; a waiting one goes to the next child. */
  async *generate(
    request: GenerationRequest,
    signal: AbortSignal,
  ): AsyncGenerator<GenerationEvent> {
    let waiting = false;
    try {
      for await (const event of this.#events(request, signal)) {
        waiting = isWaiting(event);
        yield event;
      }
    } catch (error) {
      const crashed = error instanceof RuntimeFailure && error.code === 'engine-crashed';
      if (!crashed || !waiting) throw error;
      for await (const event of this.#events(request, signal)) {
        if (event.type !== 'admitted') yield event;
      }
    }
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    for (const channel of this.#calls.values())
      channel.fail(unloaded(this.#options.task.spec.name));
    this.#send(child, { type: 'close' });
    await ended(child);
  }

  async *#events(request: GenerationRequest, signal: AbortSignal): AsyncGenerator<GenerationEvent> {
    for await (const answer of this.#call({ type: 'generate', request }, signal)) {
      if (answer.type === 'event') yield answer.event;
    }
  }

  async *#call(command: Uncalled, signal: AbortSignal): AsyncGenerator<Answer> {
    if (signal.aborted) throw abortReason(signal);
    const child = (this.#child ??= this.#start());
    const call = ++this.#lastCall;
    const channel = new EventChannel<Answer>();
    const calls = this.#calls;
    calls.set(call, channel);
    const abort = () => channel.fail(abortReason(signal));
    signal.addEventListener('abort', abort, { once: true });
    try {
      this.#options.watch?.sent({ ...command, call });
      await sendCommand(child, { ...command, call }, signal);
      yield* channel.read();
    } finally {
      signal.removeEventListener('abort', abort);
      // A call that is still in the map has not ended in the child.
      if (calls.delete(call)) this.#send(child, { type: 'cancel', call });
    }
  }

  #start(): ChildProcess {
    const { task, childModule, quotes = true, watch } = this.#options;
    const { name } = task.spec;
    const { environment = () => process.env } = this.#options;
    const child = startChild(childModule, task, environment());
    const calls: Calls = new Map();
    this.#calls = calls;
    this.#isUp = false;
    this.#startedAt = performance.now();
    let printed = '';
    let hung: string | undefined;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (quotes) printed = (printed + text).slice(-KEPT_CHARACTERS);
    });
    child.on('message', (reply: EngineReply) => {
      this.#hear(child, calls, reply);
    });
    const end = (how: string): void => {
      if (this.#child === child) this.#child = undefined;
      watch?.ended();
      const failure = hung === undefined ? crash(name, how, printed) : hang(name, hung);
      for (const channel of calls.values()) channel.fail(failure);
      calls.clear();
      this.#options.lease.settle(false);
    };
    child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
    // A process that failed to start never exits.
    child.on('error', ({ message }) => child.pid ?? end(`its start failed: ${message}`));
    watch?.started((how) => {
      hung = how;
      killChild(child);
    });
    this.#send(child, { type: 'open', task });
    return child;
  }

  #send(child: ChildProcess, command: EngineCommand): void {
    this.#options.watch?.sent(command);
    send(child, command);
  }

  #hear(child: ChildProcess, calls: Calls, reply: EngineReply): void {
    const { log, lease, watch } = this.#options;
    watch?.heard(reply);
    if (this.#child === child) this.#isUp = true;
    switch (reply.type) {
      case 'alive':
      case 'opened':
        return;
      case 'log':
        log(reply.message, reply.level);
        return;
      case 'acquire':
        lease.acquire(reply.needs).then(
          (slots) => this.#send(child, { type: 'granted', slots }),
          (error: unknown) => this.#send(child, { type: 'refused', failure: plainFailure(error) }),
        );
        return;
      case 'settled':
        lease.settle(reply.loaded);
        return;
      default:
        deliver(calls, reply);
    }
  }
}

/** Returns true if the last event of a request means that it waits for a slot. */
function isWaiting(event: GenerationEvent): boolean {
  return event.type === 'admitted' || (event.type === 'progress' && event.phase === 'queued');
}

/** Command of a call, before the call has a number. */
type Uncalled =
  | { readonly type: 'capabilities' | 'status' }
  | { readonly type: 'count' | 'generate'; readonly request: GenerationRequest };

function unloaded(model: string): RuntimeFailure {
  return new RuntimeFailure(
    'overloaded',
    `${model} was stopped while it answered. The next request loads it again.`,
    { retryAfterSeconds: 1 },
  );
}

function noAnswer(): RuntimeFailure {
  return new RuntimeFailure('internal', 'The engine ended a call without its answer.');
}

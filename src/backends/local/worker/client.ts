import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Capabilities, GenerationRequest, LoadStatus } from '../../../core/backend.ts';
import { RuntimeFailure } from '../../../core/failure.ts';
import type { GenerationEvent } from '../../../core/events.ts';
import type { EngineLog, EngineTask } from '../engine-settings.ts';
import type { Engine } from '../engine.ts';
import { ended } from './ended.ts';
import type { EngineWatch } from './engine-watch.ts';
import { EventChannel } from './event-channel.ts';
import type { MemoryLease } from '../memory/lease.ts';
import { deliver } from './client-calls.ts';
import type { Answer, Calls } from './client-calls.ts';
import { send, sendCommand } from './parts.ts';
import { plainFailure } from './protocol.ts';
import type { EngineCommand, EngineReply } from './protocol.ts';
import { abortReason } from '../../../core/queue.ts';

export interface IsolatedEngineOptions {
  readonly task: EngineTask;
  readonly log: EngineLog;
  /** Lease of the memory for its weights. */
  readonly lease: MemoryLease;
  /** The compiled module that the child process runs. */
  readonly childModule: URL;
  /** Whether what it printed last may be told, to say why it died; default: it may. */
  readonly quotes?: boolean;
  readonly watch?: EngineWatch;
  /** Environment of the child process; default: this process's. */
  readonly environment?: () => NodeJS.ProcessEnv;
}

/** How much of what a child printed last is kept, to say why it died. */
const KEPT_CHARACTERS = 2000;

/** An engine in a child process of its own, started by the first call and again after a crash. */
export class IsolatedEngine implements Engine {
  readonly #options: IsolatedEngineOptions;
  #child: ChildProcess | undefined;
  #calls: Calls = new Map();
  /** The child has given a sign of life. */
  #isUp = false;
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

  /** Asks the child if there is one that has come up; none is started for it. */
  async status(signal: AbortSignal): Promise<LoadStatus | undefined> {
    if (this.#child === undefined || !this.#isUp) return undefined;
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

  /** The request that a crash ends is lost; one that was only waiting goes to the next child. */
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
      // A call that is still listed has not ended in the child.
      if (calls.delete(call)) this.#send(child, { type: 'cancel', call });
    }
  }

  #start(): ChildProcess {
    const { task, childModule, quotes = true, watch } = this.#options;
    const { environment = () => process.env } = this.#options;
    const child = fork(childModule, [String(process.pid)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
      env: environment(),
    });
    const calls: Calls = new Map();
    this.#calls = calls;
    this.#isUp = false;
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
      const failure = hung === undefined ? crash(task, how, printed) : hang(task, hung);
      for (const channel of calls.values()) channel.fail(failure);
      calls.clear();
      this.#options.lease.settle(false);
    };
    child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
    // A process that could not be started never exits.
    child.on('error', ({ message }) => child.pid ?? end(`its start failed: ${message}`));
    watch?.started((how) => {
      hung = how;
      child.kill('SIGKILL');
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

/** Whether a request has a place but no slot yet, as far as its last event tells. */
function isWaiting(event: GenerationEvent): boolean {
  return event.type === 'admitted' || (event.type === 'progress' && event.phase === 'queued');
}

/** A command of a call, before the call has its number. */
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

function hang({ spec }: EngineTask, how: string): RuntimeFailure {
  return new RuntimeFailure(
    'engine-crashed',
    `The engine of ${spec.name} ${how}, so it was ended. The next request starts it again.`,
  );
}

/** What a signal mostly means, for an engine that has said nothing. */
const HINTS: Readonly<Record<string, string>> = {
  SIGKILL: 'the system may have been out of memory; a smaller context or model needs less',
};

function crash({ spec }: EngineTask, how: string, printed: string): RuntimeFailure {
  const line = printed.trim().split('\n').at(-1) || HINTS[how] || '';
  return new RuntimeFailure(
    'engine-crashed',
    `The engine of ${spec.name} ended unexpectedly (${how})${line === '' ? '' : `: ${line}`}. ` +
      'The next request starts it again.',
  );
}

import { setTimeout } from 'node:timers/promises';
import { RuntimeFailure } from '../../../core/failure.ts';
import type { GenerationEvent } from '../../../core/events.ts';
import type { EngineLog, EngineTask } from '../engine-settings.ts';
import type { Engine } from '../engine.ts';
import { CommandParts } from './parts.ts';
import { plainFailure, revivedFailure } from '../../../core/plain-failure.ts';
import type { EngineCommand, EngineMessage, EngineReply } from './protocol.ts';
import { EventBatch } from './event-batch.ts';
import type { MemoryLease } from '../memory/lease.ts';
import { parentProcess, startWatchdog } from './watchdog.ts';
import type { Watchdog } from './watchdog.ts';

/** Opens a model in this process. */
export type OpenEngine = (task: EngineTask, log: EngineLog, lease: MemoryLease) => Promise<Engine>;

type Call = Extract<
  EngineCommand,
  { readonly type: 'capabilities' | 'status' | 'count' | 'generate' }
>;

/**
 * Runs this process as an engine worker: serves one model over IPC. A native abort ends only this process, and its
 * end frees all memory of the model.
 */
export function serveEngine(open: OpenEngine): void {
  const watchdog = startWatchdog({ parent: parentProcess() });
  // Ctrl-C in a terminal reaches the process group, but the server decides when its engines end.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  process.on('disconnect', () => process.exit(0));
  const server = new EngineServer(open, watchdog);
  process.on('message', (message: EngineMessage) => server.receive(message));
  server.beat();
}

/** Interval of the signs of life of the main thread; `HeartbeatWatch` counts the seconds without one. */
const HEARTBEAT_MS = 1000;

/** Time that requests get to end after their abort. A step of an evaluation takes a tenth of a second. */
const ABORT_MS = 4000;

class EngineServer {
  readonly #open: OpenEngine;
  #task: EngineTask | undefined;
  #opening: Promise<Engine> | undefined;
  #opened: Engine | undefined;
  readonly #calls = new Map<number, AbortController>();
  readonly #parts = new CommandParts();
  /** Pending lease. The server grants it, because it knows the other models in memory. */
  #waiting: { grant(slots: number): void; refuse(reason: Error): void } | undefined;
  #isClosing = false;
  readonly #watchdog: Watchdog;
  /** Timer of the signs of life while there is work. An idle engine sleeps. */
  #beats: NodeJS.Timeout | undefined;

  constructor(open: OpenEngine, watchdog: Watchdog) {
    this.#open = open;
    this.#watchdog = watchdog;
  }

  receive(message: EngineMessage): void {
    this.#take(message);
    this.#settle();
  }

  /** Starts the signs of life and the watchdog with the first work, and ends them after the last. */
  #settle(): void {
    const isBusy = this.#calls.size > 0 || this.#parts.isComing || this.#isClosing;
    if (isBusy === (this.#beats !== undefined)) return;
    if (isBusy) {
      this.#beats = setInterval(() => this.beat(), HEARTBEAT_MS).unref();
      this.#watchdog.watch();
    } else {
      clearInterval(this.#beats);
      this.#beats = undefined;
      this.#watchdog.rest();
    }
  }

  /** Sends a sign of life, unless native code hangs. */
  beat(): void {
    if (this.#opened?.isStuck !== true) reply({ type: 'alive' });
  }

  #take(command: EngineMessage): void {
    switch (command.type) {
      case 'open':
        this.#task = command.task;
        return;
      case 'cancel':
        this.#parts.drop(command.call);
        this.#calls.get(command.call)?.abort();
        return;
      case 'close':
        void this.#close();
        return;
      case 'part':
        this.#parts.add(command.call, command.text);
        return;
      case 'whole':
        this.#take(this.#parts.complete(command.call));
        return;
      case 'granted':
        this.#waiting?.grant(command.slots);
        return;
      case 'refused':
        this.#waiting?.refuse(revivedFailure(command.failure));
        return;
      case 'capabilities':
      case 'status':
      case 'count':
      case 'generate':
        void this.#answer(command);
        return;
      default:
        command satisfies never;
    }
  }

  /** Ends this process after running requests are aborted and states are in files. */
  async #close(): Promise<void> {
    this.#isClosing = true;
    for (const controller of this.#calls.values()) controller.abort();
    for (let waited = 0; this.#calls.size > 0 && waited < ABORT_MS; waited += 10) {
      await setTimeout(10);
    }
    // One that does not end hangs in native code, for which states and an orderly exit would wait.
    if (this.#calls.size > 0) process.kill(process.pid, 'SIGKILL');
    // The end of the process frees the rest, also in the middle of a load.
    await this.#opened?.keep?.().catch(() => undefined);
    process.exit(0);
  }

  async #answer(command: Call): Promise<void> {
    const { call } = command;
    const controller = new AbortController();
    this.#calls.set(call, controller);
    try {
      reply(await work(await this.#engine(), command, controller.signal));
    } catch (error) {
      reply({ type: 'failed', call, failure: plainFailure(error) });
    } finally {
      this.#calls.delete(call);
      this.#settle();
    }
  }

  /** Opens the engine once. After a failure, the next call tries again. */
  #engine(): Promise<Engine> {
    if (this.#task === undefined) {
      throw new RuntimeFailure('internal', 'The engine has no model.');
    }
    const lease: MemoryLease = {
      acquire: (needs) =>
        new Promise((grant, refuse) => {
          this.#waiting = { grant, refuse };
          reply({ type: 'acquire', needs });
        }),
      settle: (loaded) => reply({ type: 'settled', loaded }),
    };
    this.#opening ??= this.#open(this.#task, log, lease).then(
      (engine) => {
        reply({ type: 'opened' });
        return (this.#opened = engine);
      },
      (error: unknown) => {
        this.#opening = undefined;
        throw error;
      },
    );
    return this.#opening;
  }
}

async function work(engine: Engine, command: Call, signal: AbortSignal): Promise<EngineReply> {
  const { call } = command;
  switch (command.type) {
    case 'capabilities':
      return { type: 'described', call, capabilities: await engine.capabilities(signal) };
    case 'status':
      return { type: 'status', call, status: (await engine.status(signal)) ?? null };
    case 'count':
      return { type: 'counted', call, tokens: await engine.countTokens(command.request, signal) };
    case 'generate': {
      const batch = new EventBatch<GenerationEvent>((events) =>
        reply({ type: 'events', call, events }),
      );
      try {
        for await (const event of engine.generate(command.request, signal)) batch.add(event);
      } finally {
        batch.close();
      }
      return { type: 'done', call };
    }
    default:
      return command satisfies never;
  }
}

const log: EngineLog = (message, level = 'warn') => {
  reply({ type: 'log', message, level });
};

function reply(message: EngineReply): void {
  if (process.connected) process.send?.(message);
}

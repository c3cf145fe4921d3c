import type { GenerationRequest, LoadedModel, LoadStatus } from '../../../core/backend.ts';
import type { GenerationEvent } from '../../../core/events.ts';
import type { KeepAlive } from '../../../units/keep-alive.ts';
import type { Engine } from '../engine.ts';
import { abortReason, raceAbort } from '../../../core/abort.ts';

export interface ManagedEngineOptions {
  readonly name: string;
  /** Kind of the engine, if its model can have one of each. */
  readonly kind?: LoadedModel['engine'];
  readonly keepAlive: KeepAlive;
  /** Called when it accepts no more requests. */
  readonly retired: () => void;
  /** Called when it has freed all memory. */
  readonly ended: () => void;
  /** Called when it becomes busy or idle. */
  readonly changed: () => void;
}

/** Time that a described model stays open, because a request for it is likely to follow. */
const BRIEF_MS = 5000;
/** Longest delay of a timer; a longer one would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

const UNKNOWN: LoadStatus = {
  device: '-',
  sizeBytes: 0,
  contextTokens: 0,
  slots: { busy: 0, total: 0 },
  waiting: 0,
  idleMs: 0,
};
/** Timeout of a status. An engine answers at once, unless it hangs. */
const STATUS_TIMEOUT_MS = 2000;

/** Status of an engine that does not respond. */
const SILENT = { responds: false, waiting: 0, unloadsInMs: null } as const;

/** Engine of a model that counts its requests, and ends itself after its keep-alive. */
export class ManagedEngine {
  readonly #options: ManagedEngineOptions;
  #opened: Promise<Engine> | undefined;
  #calls = 0;
  #lastUsed = performance.now();
  /** Time of its end, by `performance.now()`, while it is idle. */
  #until = 0;
  #timer: NodeJS.Timeout | undefined;
  #retired = false;
  /** Last status of the engine. */
  #status: LoadStatus = UNKNOWN;
  #closing: Promise<void> | undefined;

  constructor(options: ManagedEngineOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  get busy(): boolean {
    return this.#calls > 0;
  }

  /** True if it accepts no more requests. */
  get ending(): boolean {
    return this.#retired;
  }

  get lastUsed(): number {
    return this.#lastUsed;
  }

  /** Sets the engine. If it can't be opened, the model is retired. */
  open(opening: Promise<Engine>): void {
    this.#opened = opening;
    // After a failure, the next request opens another engine.
    opening.catch(() => this.retire());
  }

  /** Ends the engine after its running requests, because another one takes its place or its memory. */
  retire(): void {
    if (this.#retired) return;
    this.#leave();
    this.#settle();
  }

  /** Accepts no more requests. */
  #leave(): void {
    if (this.#retired) return;
    this.#retired = true;
    this.#options.retired();
  }

  /** Calls the engine. It stays open for a moment, or for its keep-alive after a request. */
  async use<Result>(
    work: (engine: Engine) => Promise<Result>,
    isRequest: boolean,
  ): Promise<Result> {
    this.#begin();
    try {
      return await work(await this.#engine());
    } finally {
      if (isRequest) this.#keepAlive();
      this.#until = Math.max(this.#until, performance.now() + BRIEF_MS);
      this.#end();
    }
  }

  async *generate(
    request: GenerationRequest,
    signal: AbortSignal,
  ): AsyncGenerator<GenerationEvent> {
    this.#begin();
    try {
      const engine = await this.#engine();
      if (signal.aborted) throw abortReason(signal);
      yield* engine.generate(request, signal);
      if (this.#status === UNKNOWN) void this.#learnStatus(engine);
    } finally {
      this.#lastUsed = performance.now();
      this.#keepAlive();
      this.#end();
    }
  }

  /** Requests the status once, to show it if the engine hangs later. */
  async #learnStatus(engine: Engine): Promise<void> {
    const asked = engine.status(AbortSignal.timeout(STATUS_TIMEOUT_MS));
    this.#status = (await asked.catch(() => undefined)) ?? this.#status;
  }

  /** Returns the loaded model; undefined if it has no weights in memory. */
  async loaded(signal: AbortSignal): Promise<LoadedModel | undefined> {
    const engine = await raceAbort(this.#engine(), signal).catch(() => undefined);
    const status = await engine?.status(signal).catch(() => {
      return signal.aborted ? ('silent' as const) : undefined;
    });
    const { name, kind } = this.#options;
    const named = { name, ...(kind !== undefined && { engine: kind }) };
    if (status === 'silent') return { ...this.#status, ...SILENT, ...named };
    if (status === undefined) return undefined;
    this.#status = status;
    const left = Math.max(0, Math.round(this.#until - performance.now()));
    const leaves = !this.busy && Number.isFinite(left);
    return { ...named, ...status, unloadsInMs: leaves ? left : null };
  }

  /** Ends it now; running requests fail. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #engine(): Promise<Engine> {
    return this.#opened ?? Promise.reject(new Error(`${this.name} was not opened`));
  }

  #begin(): void {
    this.#calls++;
    clearTimeout(this.#timer);
    if (this.#calls === 1) this.#options.changed();
  }

  #keepAlive(): void {
    const { keepAlive } = this.#options;
    this.#until = keepAlive === 'always' ? Infinity : performance.now() + keepAlive;
  }

  #end(): void {
    this.#calls--;
    this.#settle();
    if (!this.busy) this.#options.changed();
  }

  #settle(): void {
    if (this.busy || this.#closing !== undefined) return;
    const left = this.#until - performance.now();
    if (this.#retired || left <= 0) {
      this.retire();
      void this.close();
      return;
    }
    this.#timer = setTimeout(() => this.#settle(), Math.min(left, LONGEST_TIMER)).unref();
  }

  async #close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#leave();
    // An engine that failed to open has nothing to close.
    await this.#opened?.then((engine) => engine.close()).catch(() => undefined);
    this.#options.ended();
  }
}

import type { Capabilities, GenerationRequest, LoadStatus } from '../../core/backend.ts';
import type { GenerationEvent } from '../../core/events.ts';
import type { LocalSpec } from './spec.ts';
import { SlotQueue } from '../../core/queue.ts';
import { engineCapabilities } from './capabilities.ts';
import { contextSizeFor } from './context-size.ts';
import type { EngineLog, EngineSettings } from './engine-settings.ts';
import { admission, generateOn } from './generation.ts';
import type { LoadedEngine } from './generation.ts';
import { Grammars } from './grammars.ts';
import { untilLoaded } from './load-progress.ts';
import { IdleWork } from './idle-work.ts';
import type { LoadNeeds } from './memory/eviction.ts';
import type { MemoryLease } from './memory/lease.ts';
import { Prompter } from './prompter.ts';
import type { LoadedRunner, Runner, RunnerPrompt } from './runner.ts';
import { Transcripts } from './transcripts.ts';

/** Engine of one model, in this process or in a child process. */
export interface Engine {
  /** Returns the capabilities of the model, read from its file before its weights are loaded. */
  capabilities(signal: AbortSignal): Promise<Capabilities>;
  countTokens(request: GenerationRequest, signal: AbortSignal): Promise<number>;
  generate(request: GenerationRequest, signal: AbortSignal): AsyncGenerator<GenerationEvent>;
  /** Returns the status of the loaded model; undefined if its weights are not in memory. */
  status(signal: AbortSignal): Promise<LoadStatus | undefined>;
  /** True if native code takes far longer for a step than ever before, so that it probably hangs. */
  readonly isStuck?: boolean;
  /** Writes states that are not in files. */
  keep?(): Promise<void>;
  /** Frees all memory, after `keep`; running requests fail. */
  close(): Promise<void>;
}

/** Context of an engine: its model, the server's settings, and the lease for its memory. */
export interface LocalEngineOptions {
  readonly spec: LocalSpec;
  readonly settings: EngineSettings;
  readonly log: EngineLog;
  /** Lease of the memory for its weights. */
  readonly lease: MemoryLease;
}

/** Engine in this process, over any runner. The first request that needs the weights loads them. */
export class LocalEngine<P extends RunnerPrompt, Grammar> implements Engine {
  readonly #runner: Runner<P, Grammar>;
  readonly #options: LocalEngineOptions;
  readonly #contextSize: number;
  readonly #queue: SlotQueue;
  readonly #prompter: Prompter<P>;
  readonly #transcripts: Transcripts<P>;
  readonly #idleWork: IdleWork;
  #loading: Promise<LoadedEngine<P, Grammar>> | undefined;
  #loaded: LoadedEngine<P, Grammar> | undefined;
  #waits = false;
  #share = 0;
  #lastUsed = 0;

  constructor(runner: Runner<P, Grammar>, options: LocalEngineOptions) {
    this.#runner = runner;
    this.#options = options;
    const { spec, settings } = options;
    const wanted = { model: spec.context, server: settings.context };
    this.#contextSize = contextSizeFor(wanted, runner.head.trainedContext);
    this.#queue = new SlotQueue(settings.queueLimit);
    this.#transcripts = runner.transcripts ?? new Transcripts();
    this.#idleWork = new IdleWork({
      isBusy: () => this.#queue.busy > 0,
      keep: () => this.#loaded?.runner.keep?.(),
      measure: (signal) => this.#loaded?.runner.measure?.(signal),
      measureMs: settings.attention?.idleMs,
    });
    this.#prompter = new Prompter({
      runner,
      contextSize: this.#contextSize,
      transcripts: this.#transcripts,
      load: async () => (await this.#load()).runner,
    });
  }

  get isStuck(): boolean {
    return this.#loaded?.runner.isStuck === true;
  }

  async capabilities(): Promise<Capabilities> {
    const { head, images } = this.#runner;
    return { ...engineCapabilities(this.#contextSize, head.traits), images };
  }

  async countTokens(request: GenerationRequest, signal: AbortSignal): Promise<number> {
    return this.#prompter.count(request, signal);
  }

  async status(): Promise<LoadStatus | undefined> {
    if (this.#loaded === undefined) return undefined;
    const { device, sizeBytes, kept } = this.#loaded.runner;
    const { busy, slots: total, waiting } = this.#queue;
    return {
      device,
      sizeBytes,
      contextTokens: this.#contextSize,
      slots: { busy, total },
      waiting,
      idleMs: busy > 0 ? 0 : Math.round(performance.now() - this.#lastUsed),
      ...(kept !== undefined && { kept }),
    };
  }

  async *generate(
    request: GenerationRequest,
    signal: AbortSignal,
  ): AsyncGenerator<GenerationEvent> {
    const prepared = await this.#prompter.prepare(request, signal);
    const place = this.#queue.enter();
    this.#idleWork.pause();
    try {
      // A free slot reports the reused part of the prompt. Before the weights are loaded, only files may have one.
      const free = this.#loaded !== undefined && place.ahead === 0;
      const alone = this.#loaded === undefined && this.#queue.busy === 1 && place.ahead === 0;
      const isNew = alone && this.#runner.mayRestore?.(prepared.prompt) !== true;
      if (!free) yield admission(prepared, isNew ? 0 : undefined);
      const progress = () => ({ waits: this.#waits, share: this.#share });
      const loaded = this.#loaded ?? (yield* untilLoaded(this.#load(), progress, signal));
      if (place.ahead > 0) {
        yield { type: 'progress', phase: 'queued', done: 0, total: place.ahead };
      }
      await place.turn(signal);
      yield* generateOn(loaded, prepared, signal, free);
      // A request for no tokens loads a model ahead of its use. Its place keeps a slot idle for the states.
      if (request.maxTokens === 0 && this.#queue.busy === 1) await loaded.runner.restore?.();
    } finally {
      place.leave();
      this.#lastUsed = performance.now();
      this.#idleWork.schedule();
    }
  }

  async keep(): Promise<void> {
    await this.#idleWork.end();
    await this.#loaded?.runner.keep?.();
  }

  async close(): Promise<void> {
    await this.keep();
    await this.#runner.close();
  }

  /** Loads once for all waiting requests. A failed load may be tried again. */
  #load(): Promise<LoadedEngine<P, Grammar>> {
    this.#loading ??= this.#start().catch((error: unknown) => {
      this.#loading = undefined;
      this.#share = 0;
      this.#options.lease.settle(false);
      throw error;
    });
    return this.#loading;
  }

  async #start(): Promise<LoadedEngine<P, Grammar>> {
    const { lease, log } = this.#options;
    const { head, grammarFeatures } = this.#runner;
    const runner = await this.#runner.load({
      contextSize: this.#contextSize,
      reserve: (needs) => this.#reserve(needs),
      onProgress: (share) => {
        this.#share = Math.min(share, 0.99);
      },
    });
    const compile = (gbnf: string) => runner.compile(gbnf);
    const grammars = new Grammars({ prompts: head.prompts, compile, log });
    this.#loaded = { runner, head, grammarFeatures, grammars, transcripts: this.#transcripts };
    this.#share = 1;
    this.#queue.open(runner.slots);
    lease.settle(true);
    log(this.#describe(runner), 'info');
    return this.#loaded;
  }

  async #reserve(needs: LoadNeeds): Promise<number> {
    this.#waits = true;
    try {
      return await this.#options.lease.acquire(needs);
    } finally {
      this.#waits = false;
    }
  }

  #describe({ device, threads, slots }: LoadedRunner<P, Grammar>): string {
    const vision = this.#runner.images ? ', and takes images' : '';
    return (
      `${this.#options.spec.name} runs on ${device} with ${counted(threads, 'thread')}, ` +
      `${counted(slots, 'slot')} and a context of ${this.#contextSize} tokens${vision}`
    );
  }
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

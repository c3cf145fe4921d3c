import type { Capabilities, GenerationRequest, LoadStatus } from '../../core/backend.ts';
import { RuntimeFailure } from '../../core/errors.ts';
import type { GenerationEvent } from '../../core/events.ts';
import type { ModelSpec } from '../../core/model.ts';
import { llamaCapabilities } from './capabilities.ts';
import type { Speaker } from './decoding.ts';
import { contextSizeFor, usableTokens } from '../context-size.ts';
import { defaultThreads } from './engine.ts';
import type { Engine, EngineSettings } from './engine.ts';
import { generateOn } from './generation.ts';
import { Grammars } from './grammars.ts';
import { loadWeights } from './loaded-model.ts';
import type { LoadedModel } from './loaded-model.ts';
import { readHead } from '../model-head.ts';
import type { ModelHead } from '../model-head.ts';
import { deviceOf, startLlama } from '../native-llama.ts';
import type { NativeLlama } from '../native-llama.ts';
import { Prompter } from './prompter.ts';
import { raceAbort, SlotQueue } from '../queue.ts';
import { Slot } from './slot.ts';
import { SlotPool } from './slot-pool.ts';
import { StateFiles } from './state-files.ts';
import { Transcripts } from './transcripts.ts';

/** llama.cpp in this process, for one model. Its weights are loaded by the first generation. */
export class LlamaEngine implements Engine {
  readonly #native: NativeLlama;
  readonly #head: ModelHead;
  readonly #spec: ModelSpec & { readonly file: string };
  readonly #settings: EngineSettings & { readonly threads: number };
  readonly #contextSize: number;
  readonly #queue: SlotQueue;
  readonly #prompter: Prompter;
  readonly #transcripts = new Transcripts();
  readonly #log: (message: string) => void;
  #loading: Promise<Loaded> | undefined;
  #share = 0;
  #loaded: Loaded | undefined;
  #lastUsed = 0;

  private constructor(
    native: NativeLlama,
    head: ModelHead,
    spec: ModelSpec & { readonly file: string },
    settings: EngineSettings & { readonly threads: number },
    log: (message: string) => void,
  ) {
    this.#native = native;
    this.#head = head;
    this.#spec = spec;
    this.#settings = settings;
    this.#queue = new SlotQueue(settings.queueLimit);
    this.#contextSize = contextSizeFor(
      { model: spec.context, server: settings.context },
      head.trainedContext,
    );
    this.#prompter = new Prompter(head, this.#contextSize, this.#transcripts);
    this.#log = log;
  }

  /**
   * Starts llama.cpp and reads the model's head. Throws `model-load-failed`.
   *
   * @param log told in one line what could not be honoured, but stops nothing
   */
  static async open(
    spec: ModelSpec,
    settings: EngineSettings,
    log: (message: string) => void,
  ): Promise<LlamaEngine> {
    if (spec.file === undefined) {
      throw new RuntimeFailure(
        'model-load-failed',
        `${spec.name} names no GGUF file. Give it one with \`file:\` in models.yaml.`,
      );
    }
    const named = { ...spec, file: spec.file };
    const native = await startLlama();
    const threads = settings.threads ?? defaultThreads(native.llama.cpuMathCores);
    const head = await readHead(native, named);
    return new LlamaEngine(native, head, named, { ...settings, threads }, log);
  }

  async capabilities(): Promise<Capabilities> {
    return llamaCapabilities(this.#contextSize, this.#head.template.traits);
  }

  async countTokens(request: GenerationRequest): Promise<number> {
    return this.#prompter.count(request);
  }

  async status(): Promise<LoadStatus | undefined> {
    if (this.#loaded === undefined) return undefined;
    const { model } = this.#loaded.speaker;
    const { busy, slots: total, waiting } = this.#queue;
    return {
      device: deviceOf(this.#native.llama, model),
      sizeBytes: model.size,
      contextTokens: usableTokens(this.#contextSize),
      slots: { busy, total },
      waiting,
      idleMilliseconds: busy > 0 ? 0 : Math.round(performance.now() - this.#lastUsed),
    };
  }

  async *generate(
    request: GenerationRequest,
    signal: AbortSignal,
  ): AsyncGenerator<GenerationEvent> {
    const prepared = this.#prompter.prepare(request);
    const place = this.#queue.enter();
    try {
      yield { type: 'admitted', inputTokens: prepared.tokens.length };
      const loading = this.#load();
      if (this.#share < 1) {
        yield { type: 'progress', phase: 'loading', done: this.#share, total: 1 };
      }
      const { slots, speaker } = await raceAbort(loading, signal);
      if (place.ahead > 0) {
        yield { type: 'progress', phase: 'queued', done: 0, total: place.ahead };
      }
      await place.turn(signal);
      yield* generateOn(slots, speaker, prepared, signal);
    } finally {
      place.leave();
      this.#lastUsed = performance.now();
    }
  }

  async close(): Promise<void> {
    this.#loaded?.states?.close();
    await this.#native.llama.dispose();
  }

  /** Loads once, however many wait; a failed load may be tried again. */
  #load(): Promise<Loaded> {
    const { threads, parallel } = this.#settings;
    this.#loading ??= loadWeights(this.#native, this.#head.model, this.#spec, {
      contextSize: this.#contextSize,
      threads,
      parallel: parallel ?? this.#spec.parallel,
      onProgress: (share) => {
        this.#share = Math.min(share, 0.99);
      },
    })
      .then((model) => this.#serve(model))
      .catch((error: unknown) => {
        this.#loading = undefined;
        this.#share = 0;
        throw error;
      });
    return this.#loading;
  }

  async #serve(loaded: LoadedModel): Promise<Loaded> {
    const { model, context, scheduler, bytesPerToken } = loaded;
    const slots = Array.from(
      { length: context.totalSequences },
      () => new Slot(context, scheduler),
    );
    // Checkpoints are not in a state's file: without them it can't be cut to a prompt.
    const keeps = this.#settings.states !== undefined && !slots.some((one) => one.needsCheckpoints);
    const states = keeps
      ? await StateFiles.open({ ...this.#settings.states, log: this.#log })
      : undefined;
    const { format } = this.#head.template;
    const grammars = new Grammars(model, format, this.#log);
    const { turnEnds } = this.#head;
    const transcripts = this.#transcripts;
    this.#loaded = {
      slots: new SlotPool(slots, scheduler, states, bytesPerToken),
      states,
      speaker: { model, format, grammars, turnEnds, transcripts },
    };
    this.#share = 1;
    this.#queue.open(slots.length);
    return this.#loaded;
  }
}

/** What answers, once the weights are in memory. */
interface Loaded {
  readonly slots: SlotPool;
  readonly states: StateFiles | undefined;
  readonly speaker: Speaker;
}

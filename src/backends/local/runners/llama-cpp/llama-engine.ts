import type { Token } from 'node-llama-cpp';
import type { Capabilities, GenerationRequest, LoadStatus } from '../../../../core/backend.ts';
import { RuntimeFailure } from '../../../../core/failure.ts';
import type { GenerationEvent } from '../../../../core/events.ts';
import type { ModelSpec } from '../../../../core/model.ts';
import { engineCapabilities } from '../../capabilities.ts';
import type { Speaker } from './speaker.ts';
import { contextSizeFor } from '../../context-size.ts';
import type { Engine, EngineLog, EngineSettings } from '../../engine.ts';
import { admission, generateOn } from './generation.ts';
import { Grammars } from './grammars.ts';
import type { LoadGate } from '../../memory/lease.ts';
import { untilLoaded } from '../../load-progress.ts';
import { loadSettingsFor } from './load-settings.ts';
import type { LoadSettings } from './load-settings.ts';
import { loadWeights } from './loaded-model.ts';
import type { LoadedModel } from './loaded-model.ts';
import { openHead } from '../../model/model-metadata.ts';
import type { ModelHead } from '../../model/model-metadata.ts';
import { deviceOf } from '../../model/native-llama.ts';
import type { NativeLlama } from '../../model/native-llama.ts';
import { cpuContext } from './memory.ts';
import { Prompter } from './prompter.ts';
import { SlotQueue } from '../../../../core/queue.ts';
import type { LoadNeeds } from '../../memory/eviction.ts';
import type { Scheduler } from './scheduler.ts';
import { hasWholeStates, needsCheckpoints } from './sequence-state.ts';
import { Slot } from './slot.ts';
import { SlotPool } from './slot-pool.ts';
import { StateFiles } from './state-files.ts';
import { Transcripts } from '../../transcripts.ts';

/** llama.cpp in this process, for one model. Its weights are loaded by the first generation. */
export class LlamaEngine implements Engine {
  readonly #native: NativeLlama;
  readonly #head: ModelHead;
  readonly #spec: ModelSpec & { readonly file: string };
  readonly #settings: EngineSettings;
  readonly #contextSize: number;
  readonly #queue: SlotQueue;
  readonly #prompter: Prompter;
  readonly #transcripts = new Transcripts<readonly Token[]>();
  readonly #log: EngineLog;
  readonly #gate: LoadGate;
  #waits = false;
  #loading: Promise<Loaded> | undefined;
  #share = 0;
  #loaded: Loaded | undefined;
  #lastUsed = 0;

  private constructor(
    native: NativeLlama,
    head: ModelHead,
    spec: ModelSpec & { readonly file: string },
    settings: EngineSettings,
    log: EngineLog,
    gate: LoadGate,
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
    this.#gate = gate;
  }

  /**
   * Starts llama.cpp and reads the model's head. Throws `model-load-failed`.
   *
   * @param gate stands before the loading of its weights
   */
  static async open(
    spec: ModelSpec,
    settings: EngineSettings,
    log: EngineLog,
    gate: LoadGate,
  ): Promise<LlamaEngine> {
    if (spec.file === undefined) {
      throw new RuntimeFailure(
        'model-load-failed',
        `${spec.name} names no GGUF file. Give it one with \`file:\` in models.yaml.`,
      );
    }
    const named = { ...spec, file: spec.file };
    const { native, head } = await openHead(named);
    return new LlamaEngine(native, head, named, settings, log, gate);
  }

  get isStuck(): boolean {
    return this.#loaded?.scheduler.isOverdue === true;
  }

  async capabilities(): Promise<Capabilities> {
    return engineCapabilities(this.#contextSize, this.#head.traits);
  }

  async countTokens(request: GenerationRequest, signal: AbortSignal): Promise<number> {
    return this.#prompter.count(request, signal);
  }

  async status(): Promise<LoadStatus | undefined> {
    if (this.#loaded === undefined) return undefined;
    const { model } = this.#loaded.speaker;
    const { busy, slots: total, waiting } = this.#queue;
    return {
      device: deviceOf(this.#native.llama, model),
      sizeBytes: model.size,
      contextTokens: this.#contextSize,
      slots: { busy, total },
      waiting,
      idleMilliseconds: busy > 0 ? 0 : Math.round(performance.now() - this.#lastUsed),
    };
  }

  async *generate(
    request: GenerationRequest,
    signal: AbortSignal,
  ): AsyncGenerator<GenerationEvent> {
    const prepared = await this.#prompter.prepare(request, signal);
    const place = this.#queue.enter();
    try {
      // A free slot tells what it reuses of the prompt; before the weights are there, nothing is kept.
      const free = this.#loaded !== undefined && place.ahead === 0;
      const alone = this.#loaded === undefined && this.#queue.busy === 1 && place.ahead === 0;
      if (!free) yield admission(prepared, alone ? 0 : undefined);
      const progress = () => ({ waits: this.#waits, share: this.#share });
      const { slots, speaker } =
        this.#loaded ?? (yield* untilLoaded(this.#load(), progress, signal));
      if (place.ahead > 0) {
        yield { type: 'progress', phase: 'queued', done: 0, total: place.ahead };
      }
      await place.turn(signal);
      yield* generateOn(slots, speaker, prepared, signal, free);
    } finally {
      place.leave();
      this.#lastUsed = performance.now();
    }
  }

  async close(): Promise<void> {
    this.#loaded?.states?.close();
    this.#head.prompts.close();
    await this.#native.llama.dispose();
  }

  /** Loads once, however many wait; a failed load may be tried again. */
  #load(): Promise<Loaded> {
    if (this.#loading !== undefined) return this.#loading;
    const { parallel } = this.#settings;
    const { llama } = this.#native;
    const context = cpuContext(llama, this.#head.model.fileInfo, this.#contextSize);
    const settings = loadSettingsFor(this.#spec, this.#settings, llama.cpuMathCores, context);
    this.#loading = loadWeights(this.#native, this.#head.model, this.#spec, {
      contextSize: this.#contextSize,
      settings,
      parallel: parallel ?? this.#spec.parallel,
      room: (needs) => this.#room(needs),
      onProgress: (share) => {
        this.#share = Math.min(share, 0.99);
      },
    })
      .then(async (model) => {
        const loaded = await this.#serve(model);
        this.#gate.settle(true);
        this.#log(this.#describe(loaded, settings), 'info');
        return loaded;
      })
      .catch((error: unknown) => {
        this.#loading = undefined;
        this.#share = 0;
        this.#gate.settle(false);
        throw error;
      });
    return this.#loading;
  }

  async #room(needs: LoadNeeds): Promise<number> {
    this.#waits = true;
    try {
      return await this.#gate.enter(needs);
    } finally {
      this.#waits = false;
    }
  }

  #describe({ speaker }: Loaded, { threads }: LoadSettings): string {
    const device = deviceOf(this.#native.llama, speaker.model);
    const { slots } = this.#queue;
    return (
      `${this.#spec.name} runs on ${device} with ${counted(threads, 'thread')}, ` +
      `${counted(slots, 'slot')} and a context of ${this.#contextSize} tokens`
    );
  }

  async #serve(loaded: LoadedModel): Promise<Loaded> {
    const { model, context, scheduler, bytesPerToken } = loaded;
    const lookup = this.#settings.promptLookup ?? this.#spec.promptLookup;
    // A wrong guess has to be taken back.
    const guesses = lookup !== 'off' && !needsCheckpoints(model);
    const slots = Array.from(
      { length: context.totalSequences },
      () => new Slot(context, scheduler, guesses),
    );
    const { states: cache } = this.#settings;
    const states =
      cache !== undefined && hasWholeStates(model)
        ? await StateFiles.open({ ...cache, log: this.#log })
        : undefined;
    const { turnEnds, injection, controlTexts, format, prompts } = this.#head;
    const grammars = new Grammars(model, prompts, controlTexts, this.#log);
    const thinksByInjection = injection.thinking;
    const transcripts = this.#transcripts;
    this.#loaded = {
      slots: new SlotPool(slots, scheduler, states, bytesPerToken),
      states,
      scheduler,
      speaker: { model, format, grammars, thinksByInjection, turnEnds, transcripts },
    };
    this.#share = 1;
    this.#queue.open(slots.length);
    return this.#loaded;
  }
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** What answers, once the weights are in memory. */
interface Loaded {
  readonly slots: SlotPool;
  readonly states: StateFiles | undefined;
  readonly scheduler: Scheduler;
  readonly speaker: Speaker;
}

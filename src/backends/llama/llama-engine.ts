import type { Capabilities, GenerationRequest } from '../../core/backend.ts';
import {
  contextLimitExceeded,
  messageOf,
  promptTooLong,
  RuntimeFailure,
} from '../../core/errors.ts';
import type { GenerationEvent } from '../../core/events.ts';
import type { ModelSpec } from '../../core/model.ts';
import { renderPrompt } from '../../chat/render.ts';
import type { Prompt } from '../../chat/render.ts';
import { contextSizeFor, defaultThreads, usableTokens } from './engine.ts';
import type { Engine, EngineSettings } from './engine.ts';
import { generateOn } from './generation.ts';
import type { PreparedRequest } from './generation.ts';
import { loadWeights } from './loaded-model.ts';
import type { LoadedModel } from './loaded-model.ts';
import { readHead } from './model-head.ts';
import type { ModelHead } from './model-head.ts';
import { startLlama } from './native.ts';
import type { NativeLlama } from './native.ts';
import { raceAbort, SlotQueue } from './queue.ts';
import { Slot } from './slot.ts';
import { tokenizePrompt } from './vocabulary.ts';

/** llama.cpp in this process, for one model. Its weights are loaded by the first generation. */
export class LlamaEngine implements Engine {
  readonly #native: NativeLlama;
  readonly #head: ModelHead;
  readonly #spec: ModelSpec & { readonly file: string };
  readonly #threads: number;
  readonly #contextSize: number;
  readonly #queue: SlotQueue;
  #loading: Promise<{ readonly loaded: LoadedModel; readonly slot: Slot }> | undefined;
  #share = 0;

  private constructor(
    native: NativeLlama,
    head: ModelHead,
    spec: ModelSpec & { readonly file: string },
    settings: EngineSettings & { readonly threads: number },
  ) {
    this.#native = native;
    this.#head = head;
    this.#spec = spec;
    this.#threads = settings.threads;
    this.#queue = new SlotQueue(settings.queueLimit);
    this.#contextSize = contextSizeFor(
      { model: spec.context, server: settings.context },
      head.trainedContext,
    );
  }

  /** Starts llama.cpp and reads the model's head. Throws `model-load-failed`. */
  static async open(spec: ModelSpec, settings: EngineSettings): Promise<LlamaEngine> {
    if (spec.file === undefined) {
      throw new RuntimeFailure(
        'model-load-failed',
        `${spec.name} names no GGUF file. Give it one with \`file:\` in models.yaml.`,
      );
    }
    const named = { ...spec, file: spec.file };
    const native = await startLlama();
    const threads = settings.threads ?? defaultThreads(native.llama.cpuMathCores);
    return new LlamaEngine(native, await readHead(native, named), named, { ...settings, threads });
  }

  async capabilities(): Promise<Capabilities> {
    const { format, traits } = this.#head.template;
    return {
      contextTokens: usableTokens(this.#contextSize),
      thinking: traits.thinking,
      tools: format.tools === undefined ? 'none' : 'auto',
      structuredOutput: false,
      images: false,
      documents: false,
      citations: false,
      exactCount: true,
    };
  }

  async countTokens(request: GenerationRequest): Promise<number> {
    return this.#tokenize(this.#render(request)).length;
  }

  async *generate(
    request: GenerationRequest,
    signal: AbortSignal,
  ): AsyncGenerator<GenerationEvent> {
    const prepared = this.#prepare(request);
    const place = this.#queue.enter();
    try {
      yield { type: 'admitted', inputTokens: prepared.tokens.length };
      const loading = this.#load();
      if (this.#share < 1) {
        yield { type: 'progress', phase: 'loading', done: this.#share, total: 1 };
      }
      const { loaded, slot } = await raceAbort(loading, signal);
      if (place.ahead > 0) {
        yield { type: 'progress', phase: 'queued', done: 0, total: place.ahead };
      }
      await place.turn(signal);
      const { format } = this.#head.template;
      yield* generateOn(slot, loaded.model, format, prepared, signal);
    } finally {
      place.leave();
    }
  }

  async close(): Promise<void> {
    await this.#native.llama.dispose();
  }

  #prepare(request: GenerationRequest): PreparedRequest {
    const prompt = this.#render(request);
    const tokens = this.#tokenize(prompt);
    const context = usableTokens(this.#contextSize);
    if (tokens.length >= context) throw promptTooLong(tokens.length, context - 1);
    const room = context - tokens.length;
    if (request.maxTokens <= room) {
      return {
        request,
        prompt,
        tokens,
        limit: { tokens: request.maxTokens, reason: 'max-tokens' },
      };
    }
    if (request.overflow === 'strict') {
      throw contextLimitExceeded(tokens.length, request.maxTokens, context);
    }
    return { request, prompt, tokens, limit: { tokens: room, reason: 'context-exceeded' } };
  }

  #render(request: GenerationRequest): Prompt {
    try {
      return renderPrompt(this.#head.template, request);
    } catch (error) {
      if (error instanceof RuntimeFailure) throw error;
      throw new RuntimeFailure(
        'invalid-request',
        `messages: the chat template of ${this.#spec.name} refuses this conversation: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  #tokenize(prompt: Prompt) {
    return tokenizePrompt(this.#head.model, prompt.stretches);
  }

  /** Loads once, however many wait; a failed load may be tried again. */
  #load() {
    this.#loading ??= loadWeights(this.#native, this.#spec, {
      contextSize: this.#contextSize,
      threads: this.#threads,
      onProgress: (share) => {
        this.#share = Math.min(share, 0.99);
      },
    })
      .then((loaded) => {
        this.#share = 1;
        return { loaded, slot: new Slot(loaded) };
      })
      .catch((error: unknown) => {
        this.#loading = undefined;
        this.#share = 0;
        throw error;
      });
    return this.#loading;
  }
}

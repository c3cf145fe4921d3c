import type { Token } from 'node-llama-cpp';
import type { GenerationRequest } from '../../../../core/backend.ts';
import { commonLength } from '../../../../prompt/prompt-prefix.ts';
import type { EngineLog, EngineSettings } from '../../engine-settings.ts';
import { openHead } from '../../model/model-metadata.ts';
import type { FileSpec, ModelHead } from '../../model/model-metadata.ts';
import type { NativeLlama } from '../../model/native-llama.ts';
import { refuseBySize, renderRequest } from '../../prompts/render-request.ts';
import type { LoadOptions, Runner, WrittenPrompt } from '../../runner.ts';
import type { Transcript } from '../../transcripts.ts';
import { loadSettingsFor } from './load-settings.ts';
import { loadWeights } from './load-weights.ts';
import { LoadedLlamaCpp } from './loaded-runner.ts';
import { cpuContext } from './memory.ts';
import type { TokenGrammar } from './token-grammar.ts';

type Tokens = readonly Token[];

/** Runs a model by node-llama-cpp: several slots, one token at a time. */
export class LlamaCppRunner implements Runner<Tokens, TokenGrammar> {
  readonly images = false;
  readonly steering = { watches: () => false, excluded: [] };
  readonly head: ModelHead;
  readonly #native: NativeLlama;
  readonly #spec: FileSpec;
  readonly #settings: EngineSettings;
  readonly #log: EngineLog;

  private constructor(
    { native, head }: { readonly native: NativeLlama; readonly head: ModelHead },
    spec: FileSpec,
    settings: EngineSettings,
    log: EngineLog,
  ) {
    this.#native = native;
    this.head = head;
    this.#spec = spec;
    this.#settings = settings;
    this.#log = log;
  }

  /** Starts llama.cpp and reads the model's metadata. Throws as `openHead`. */
  static async open(
    spec: FileSpec,
    settings: EngineSettings,
    log: EngineLog,
  ): Promise<LlamaCppRunner> {
    return new LlamaCppRunner(await openHead(spec), spec, settings, log);
  }

  async write(
    request: GenerationRequest,
    known: readonly Transcript<Tokens>[],
    most: number,
    signal: AbortSignal,
  ): Promise<WrittenPrompt<Tokens>> {
    const { tokenizer } = this.head;
    const written = await renderRequest(this.head, request, known, signal);
    const { prompt: rendered, trigger, forced, before } = written;
    const stretches = [...rendered.stretches, ...trigger];
    refuseBySize((before?.length ?? 0) + tokenizer.least(stretches), most);
    const prompt =
      before === undefined
        ? await tokenizer.prompt(stretches, signal)
        : [...before, ...(await tokenizer.middle(stretches, signal))];
    return { rendered, prompt, forced };
  }

  async count(prompt: Tokens): Promise<number> {
    return prompt.length;
  }

  commonPrefix(one: Tokens, other: Tokens): Tokens {
    return other.slice(0, commonLength(one, other));
  }

  async load({ contextSize, reserve, onProgress }: LoadOptions): Promise<LoadedLlamaCpp> {
    const { llama } = this.#native;
    const { model } = this.head;
    const context = cpuContext(llama, model.fileInfo, contextSize);
    const settings = loadSettingsFor(this.#spec, this.#settings, llama.cpuMathCores, context);
    const weights = await loadWeights(this.#native, model, this.#spec, {
      contextSize,
      settings,
      parallel: this.#settings.parallel ?? this.#spec.parallel,
      room: reserve,
      onProgress,
    });
    return LoadedLlamaCpp.open(weights, {
      llama,
      head: this.head,
      threads: settings.threads,
      promptLookup: this.#settings.promptLookup ?? this.#spec.promptLookup,
      states: this.#settings.states,
      log: this.#log,
    });
  }

  async close(): Promise<void> {
    this.head.prompts.close();
    await this.#native.llama.dispose();
  }
}

import type { Token } from 'node-llama-cpp';
import type { GenerationRequest } from '../../../../core/backend.ts';
import { RuntimeFailure } from '../../../../core/failure.ts';
import { raceAbort } from '../../../../core/queue.ts';
import { commonLength } from '../../../../prompt/prompt-prefix.ts';
import type { EngineLog, EngineSettings } from '../../engine-settings.ts';
import { openHead } from '../../model/model-metadata.ts';
import type { FileSpec, ModelHead } from '../../model/model-metadata.ts';
import type { NativeLlama } from '../../model/native-llama.ts';
import { refuseBySize, renderRequest } from '../../prompts/render-request.ts';
import type { LoadOptions, Runner, RunnerSteering, WrittenPrompt } from '../../runner.ts';
import type { Transcript } from '../../transcripts.ts';
import { loadAddon } from './addon.ts';
import { VisionContext } from './context.ts';
import { addonPrompt } from './context-options.ts';
import type { AddonPrompt, SeeingSpec } from './context-options.ts';
import { joinPrompt, MARKER, markImages } from './image-placeholders.ts';
import { loadNeeds } from './load-needs.ts';
import { LoadedLlamaNode } from './loaded-runner.ts';
import { threadsFor } from './native-options.ts';
import { PictureFitter } from './picture-fitter.ts';
import { readTower } from './projector.ts';
import { openStateFile } from './state-file.ts';

/** What a runner is opened with. */
export interface LlamaNodeOptions {
  readonly spec: FileSpec;
  readonly settings: EngineSettings;
  readonly log: EngineLog;
  /** Ends the process: the native context can't be trusted any more. */
  readonly abandon: () => void;
}

/**
 * Runs a model with its projector by the addon of llama.node: one slot, and a completion for each
 * stretch of an answer that has a grammar of its own. The vocabulary is node-llama-cpp's.
 */
export class LlamaNodeRunner implements Runner<AddonPrompt, string> {
  readonly images = true;
  readonly steering: RunnerSteering;
  readonly head: ModelHead;
  readonly #native: NativeLlama;
  readonly #options: LlamaNodeOptions & { readonly spec: SeeingSpec };
  readonly #pictures: PictureFitter;

  private constructor(
    { native, head }: { readonly native: NativeLlama; readonly head: ModelHead },
    options: LlamaNodeOptions & { readonly spec: SeeingSpec },
    pictures: PictureFitter,
  ) {
    this.#native = native;
    this.head = head;
    this.#options = options;
    this.#pictures = pictures;
    const { model, controlTexts } = head;
    this.steering = {
      watches: (trigger) => this.#tokensOf(trigger).length === 1,
      // A grammar itself admits tokens that end a generation at its end only.
      excluded: controlTexts.filter((text) => {
        const [token, ...others] = this.#tokensOf(text);
        return token !== undefined && others.length === 0 && !model.isEogToken(token);
      }),
    };
  }

  /** Reads the metadata of the model and of its projector. Throws `model-load-failed`. */
  static async open(options: LlamaNodeOptions): Promise<LlamaNodeRunner> {
    const { mmproj, ...spec } = options.spec;
    if (mmproj === undefined) {
      throw new RuntimeFailure(
        'model-load-failed',
        `${spec.name} needs two GGUF files: \`file:\` and \`mmproj:\` in models.yaml.`,
      );
    }
    const { edge } = await readTower(mmproj);
    const opened = await openHead(spec, [MARKER]);
    const seeing = { ...options, spec: { ...spec, mmproj } };
    return new LlamaNodeRunner(opened, seeing, new PictureFitter(edge));
  }

  async write(
    request: GenerationRequest,
    known: readonly Transcript<AddonPrompt>[],
    most: number,
    signal: AbortSignal,
  ): Promise<WrittenPrompt<AddonPrompt>> {
    const marked = markImages(request.conversation);
    const asked = { ...request, conversation: marked.conversation };
    const written = await renderRequest(this.head, asked, known, signal);
    const { prompt: rendered, forced, before = addonPrompt('') } = written;
    const joined = joinPrompt(rendered.stretches, marked, this.#lead);
    const text = `${before.text}${joined.text}${forced ?? ''}`;
    refuseBySize(this.head.tokenizer.least([{ text, control: false }]), most);
    const pictures = await raceAbort(this.#pictures.fit(joined.images), signal);
    return { rendered, forced, prompt: addonPrompt(text, [...before.pictures, ...pictures]) };
  }

  /** Counts a text as the addon does. Only the loaded projector can count pictures. */
  async count({ text, pictures }: AddonPrompt, signal: AbortSignal): Promise<number | undefined> {
    if (pictures.length > 0) return undefined;
    const lead = this.#lead === '' ? 0 : 1;
    return (await this.head.tokenizer.count(text, signal)) + lead;
  }

  commonPrefix(one: AddonPrompt, other: AddonPrompt): AddonPrompt {
    const text = other.text.slice(0, commonLength(one.text, other.text));
    return addonPrompt(text, other.pictures.slice(0, text.split(MARKER).length - 1));
  }

  async load({ contextSize, reserve, onProgress }: LoadOptions): Promise<LoadedLlamaNode> {
    const { spec, settings, log, abandon } = this.#options;
    const { llama } = this.#native;
    const addon = loadAddon();
    const needs = await loadNeeds(this.head.model, spec.mmproj, contextSize);
    await reserve(needs);
    const threads = threadsFor({ spec, settings }, llama.cpuMathCores);
    const context = VisionContext.load(addon, {
      spec,
      settings,
      contextSize,
      threads,
      onProgress,
    });
    const { model, turnEnds } = this.head;
    return new LoadedLlamaNode({
      context,
      llama,
      threads,
      abandon,
      state: await openStateFile(settings.states, needs.context / contextSize, log),
      ends: [...turnEnds].map((token) => model.detokenize([token], true)),
      countText: (text) => this.#tokensOf(text).length,
    });
  }

  async close(): Promise<void> {
    this.head.prompts.close();
    await this.#native.llama.dispose();
  }

  #tokensOf(text: string): readonly Token[] {
    return this.head.model.tokenize(text, true);
  }

  /** llama.cpp itself puts the first token of some vocabularies before a prompt. */
  get #lead(): string {
    const { model, bos } = this.head;
    return model.tokens.shouldPrependBosToken ? bos : '';
  }
}

import { commonLength, conversationUntil } from '../../../../prompt/prompt-prefix.ts';
import type { Capabilities, GenerationRequest, LoadStatus } from '../../../../core/backend.ts';
import { promptTooLong, RuntimeFailure } from '../../../../core/failure.ts';
import type { GenerationEvent } from '../../../../core/events.ts';
import { logOnce } from '../../../../core/log-once.ts';
import type { ModelSpec } from '../../../../core/model.ts';
import { answerLimit } from '../../answer-limit.ts';
import { contextSizeFor } from '../../context-size.ts';
import { engineCapabilities } from '../../capabilities.ts';
import type { Engine, EngineLog, EngineSettings } from '../../engine.ts';
import type { LoadGate } from '../../memory/lease.ts';
import { untilLoaded } from '../../load-progress.ts';
import { openHead } from '../../model/model-metadata.ts';
import type { ModelHead } from '../../model/model-metadata.ts';
import type { NativeLlama } from '../../model/native-llama.ts';
import { raceAbort, SlotQueue } from '../../../../core/queue.ts';
import { Transcripts } from '../../transcripts.ts';
import { loadAddon } from './addon.ts';
import { BrokenContext, VisionContext } from './context.ts';
import type { SeeingSpec } from './context-options.ts';
import { checkGrammar } from './grammar-check.ts';
import { admission, generateOn } from './generation.ts';
import type { Speaker } from './generation.ts';
import { loadNeeds } from './load-needs.ts';
import { MARKER } from './image-placeholders.ts';
import { PictureFitter } from './picture-fitter.ts';
import { countText, leastTokens, writePrompt } from './prompter.ts';
import type { PreparedRequest, WrittenText } from './prompter.ts';
import { openStateFile } from './state-file.ts';
import { readTower } from './projector.ts';
import type { Tower } from './projector.ts';

type Counted = Omit<PreparedRequest, 'limit' | 'tokensBeforePlace'>;

/** What an engine is opened with. */
export interface VisionEngineOptions {
  readonly spec: ModelSpec;
  readonly settings: EngineSettings;
  readonly log: EngineLog;
  readonly gate: LoadGate;
  /** Ends the process: the native context can't be trusted any more. */
  readonly abandon: () => void;
}

/** A model that sees, in this process. Its weights are loaded by the first generation, or the first picture. */
export class VisionEngine implements Engine {
  readonly #options: VisionEngineOptions & { readonly spec: SeeingSpec };
  readonly #native: NativeLlama;
  readonly #head: ModelHead;
  readonly #contextSize: number;
  readonly #queue: SlotQueue;
  readonly #pictures: PictureFitter;
  readonly #transcripts = new Transcripts<WrittenText>();
  #loading: Promise<Speaker> | undefined;
  #speaker: Speaker | undefined;
  #waits = false;
  #share = 0;
  #lastUsed = 0;

  private constructor(
    options: VisionEngineOptions & { readonly spec: SeeingSpec },
    native: NativeLlama,
    head: ModelHead,
    tower: Tower,
  ) {
    const { spec, settings } = options;
    this.#options = options;
    this.#native = native;
    this.#head = head;
    this.#queue = new SlotQueue(settings.queueLimit);
    this.#pictures = new PictureFitter(tower.edge);
    const wanted = { model: spec.context, server: settings.context };
    this.#contextSize = contextSizeFor(wanted, head.trainedContext);
  }

  /** Reads the heads of the model and of its projector. Throws `model-load-failed`. */
  static async open(options: VisionEngineOptions): Promise<VisionEngine> {
    const { spec } = options;
    const { file, mmproj } = spec;
    if (file === undefined || mmproj === undefined) {
      throw new RuntimeFailure(
        'model-load-failed',
        `${spec.name} needs two GGUF files: \`file:\` and \`mmproj:\` in models.yaml.`,
      );
    }
    const seeing = { ...spec, file, mmproj };
    const tower = await readTower(mmproj);
    const { native, head } = await openHead(seeing, [MARKER]);
    return new VisionEngine({ ...options, spec: seeing }, native, head, tower);
  }

  async capabilities(): Promise<Capabilities> {
    return { ...engineCapabilities(this.#contextSize, this.#head.traits), images: true };
  }

  async countTokens(request: GenerationRequest, signal: AbortSignal): Promise<number> {
    return (await this.#counted(request, signal)).tokens;
  }

  async status(): Promise<LoadStatus | undefined> {
    if (this.#speaker === undefined) return undefined;
    const { context } = this.#speaker;
    const { busy, slots: total, waiting } = this.#queue;
    return {
      device: context.device,
      sizeBytes: context.sizeBytes,
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
    const prepared = await this.#prepare(request, signal);
    const place = this.#queue.enter();
    try {
      const free = this.#speaker !== undefined && place.ahead === 0;
      if (!free) yield admission(prepared, undefined);
      const progress = () => ({ waits: this.#waits, share: this.#share });
      const speaker = this.#speaker ?? (yield* untilLoaded(this.#load(), progress, signal));
      if (place.ahead > 0) {
        yield { type: 'progress', phase: 'queued', done: 0, total: place.ahead };
      }
      await place.turn(signal);
      yield* generateOn(speaker, prepared, signal, free);
    } catch (error) {
      // Those that wait are sent to the next process.
      if (error instanceof BrokenContext) setImmediate(this.#options.abandon);
      throw error;
    } finally {
      place.leave();
      this.#lastUsed = performance.now();
    }
  }

  async close(): Promise<void> {
    this.#head.prompts.close();
    await this.#native.llama.dispose();
  }

  async #prepare(request: GenerationRequest, signal: AbortSignal): Promise<PreparedRequest> {
    const counted = await this.#counted(request, signal, this.#contextSize);
    const limit = answerLimit(request, counted.tokens, this.#contextSize);
    return { ...counted, limit, tokensBeforePlace: await this.#tokensBefore(counted, signal) };
  }

  async #tokensBefore(
    { request, written, prompt }: Counted,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    if (request.longCache === undefined) return undefined;
    const conversation = conversationUntil(request.conversation, request.longCache);
    const asked = { ...request, conversation };
    const before = await writePrompt(this.#head, asked, this.#transcripts, signal);
    const text = written.text.slice(0, commonLength(before.text, written.text));
    const pictures = prompt.pictures.slice(0, text.split(MARKER).length - 1);
    if (pictures.length === 0) return countText(this.#head, text, signal);
    return (await this.#load()).context.count({ text, pictures });
  }

  /**
   * A text is counted by the vocabulary alone; for pictures the model's eyes have to be there.
   *
   * @param most tokens; a text that has more by its size alone is refused before it is tokenized
   */
  async #counted(
    request: GenerationRequest,
    signal: AbortSignal,
    most = Infinity,
  ): Promise<Counted> {
    const written = await writePrompt(this.#head, request, this.#transcripts, signal);
    const { text, images } = written;
    const least = leastTokens(this.#head, text);
    if (least > most) throw promptTooLong(least, most);
    if (images.length === 0) {
      const tokens = await countText(this.#head, text, signal);
      return { request, written, prompt: { text, pictures: [] }, tokens };
    }
    const pictures = await raceAbort(this.#pictures.fit(images), signal);
    const prompt = { text, pictures };
    const { context } = await raceAbort(this.#load(), signal);
    return { request, written, prompt, tokens: await context.count(prompt) };
  }

  /** Loads once, however many wait; a failed load may be tried again. */
  #load(): Promise<Speaker> {
    this.#loading ??= this.#start().catch((error: unknown) => {
      this.#loading = undefined;
      this.#share = 0;
      this.#options.gate.settle(false);
      throw error;
    });
    return this.#loading;
  }

  async #start(): Promise<Speaker> {
    const { spec, settings, log, gate } = this.#options;
    this.#waits = true;
    const addon = loadAddon();
    const needs = await loadNeeds(this.#head.model, spec.mmproj, this.#contextSize);
    await gate.enter(needs);
    this.#waits = false;
    const context = VisionContext.load(addon, {
      spec,
      settings,
      contextSize: this.#contextSize,
      cores: this.#native.llama.cpuMathCores,
      onProgress: (share) => {
        this.#share = Math.min(share, 0.99);
      },
    });
    const { model, format, prompts, turnEnds } = this.#head;
    const tokensOf = (text: string) => model.tokenize(text, true);
    this.#speaker = {
      head: this.#head,
      context,
      transcripts: this.#transcripts,
      ends: [...turnEnds].map((token) => model.detokenize([token], true)),
      state: await openStateFile(settings.states, needs.context / this.#contextSize, log),
      steering: {
        format,
        prompts,
        isToken: (text) => tokensOf(text).length === 1,
        // A grammar itself admits tokens that end a generation at its end only.
        excluded: this.#head.controlTexts.filter((text) => {
          const [token, ...others] = tokensOf(text);
          return token !== undefined && others.length === 0 && !model.isEogToken(token);
        }),
        check: (grammar) => checkGrammar(this.#native.llama, grammar, log),
        log: logOnce(log),
      },
    };
    this.#share = 1;
    gate.settle(true);
    log(
      `${spec.name} sees, and runs on ${context.device} with a context of ${this.#contextSize} tokens`,
      'info',
    );
    return this.#speaker;
  }
}

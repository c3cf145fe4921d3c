import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, RuntimeFailure } from '../../../../core/failure.ts';
import { EventChannel } from '../../worker/event-channel.ts';
import { abortReason } from '../../../../core/queue.ts';
import type { Addon, AddonContext, AddonEnd } from './addon.ts';
import type {
  AddonPrompt,
  CompletionEnd,
  CompletionOptions,
  ContextOptions,
} from './context-options.ts';
import { BATCH_TOKENS, completionOptions, loadOptions } from './native-options.ts';

/**
 * Character that the addon writes for bytes that are none. A model that writes it itself loses it too: the
 * addon reports no tokens, by which the two could be told apart.
 */
const BROKEN = '\uFFFD';

/** The native context has failed in a way that it may not recover from: the process has to end. */
export class BrokenContext extends RuntimeFailure {
  constructor(model: string, reason: string) {
    super(
      'engine-crashed',
      `The engine of ${model} has failed (${reason}). The next request starts it again.`,
    );
  }
}

/**
 * A model and its projector in memory. One completion runs at a time, in the addon's parallel mode: its
 * serial one never recovers from a failure, and loses requests by a race.
 */
export class VisionContext {
  readonly #native: AddonContext;
  readonly #name: string;

  private constructor(native: AddonContext, name: string) {
    this.#native = native;
    this.#name = name;
  }

  /** Throws `model-load-failed`. */
  static load(addon: Addon, options: ContextOptions): VisionContext {
    const { spec } = options;
    const native = loadWeights(addon, options);
    const usesGpu = (options.settings.gpuLayers ?? spec.gpuLayers) !== 0;
    loadProjector(native, spec.mmproj, usesGpu);
    if (!native.enableParallelMode({ n_parallel: 1, n_batch: BATCH_TOKENS })) {
      throw loadFailure(`The model ${spec.name}`, 'its context takes no queue of requests');
    }
    return new VisionContext(native, spec.name);
  }

  get sizeBytes(): number {
    return this.#native.getModelInfo().size;
  }

  /** In words. */
  get device(): string {
    const devices = this.#native.getUsedDevices();
    return devices.length === 0 ? 'CPU' : devices.join(', ');
  }

  /** Tokens of a prompt, pictures included. Throws `invalid-request` where one can't be decoded. */
  async count({ text, pictures }: AddonPrompt): Promise<number> {
    try {
      const { tokens } = await this.#native.tokenize(text, pictures);
      return tokens.length;
    } catch (error) {
      throw new RuntimeFailure(
        'invalid-request',
        `${this.#name} can't take these images: ${messageOf(error)}. Send others, or fewer.`,
        { cause: error, subject: 'messages' },
      );
    }
  }

  /**
   * Goes on behind a prompt, token by token. Leaving it, or the signal, cancels. Throws BrokenContext; the prompt must
   * have been counted before, and fit.
   */
  async *complete(
    prompt: AddonPrompt,
    options: CompletionOptions,
    signal: AbortSignal,
  ): AsyncGenerator<string, CompletionEnd> {
    if (signal.aborted) throw abortReason(signal);
    const channel = new EventChannel<string | AddonEnd>();
    const { requestId } = this.#native.queueCompletion(
      completionOptions(prompt, options),
      (error, reply) => {
        if (error !== null && error !== undefined) channel.fail(error);
        else if (reply?.token !== undefined) channel.push([reply.token]);
        else if (reply !== undefined) channel.push([reply]);
      },
    );
    const abort = () => channel.fail(abortReason(signal));
    signal.addEventListener('abort', abort, { once: true });
    let tokens = 0;
    let ended = false;
    try {
      for await (const item of channel.read()) {
        if (typeof item !== 'string') {
          ended = true;
          return this.#end(item, tokens);
        }
        tokens++;
        yield item.replaceAll(BROKEN, '');
      }
      throw new BrokenContext(this.#name, 'a completion ended without a result');
    } catch (error) {
      if (error instanceof RuntimeFailure) throw error;
      throw new BrokenContext(this.#name, messageOf(error));
    } finally {
      signal.removeEventListener('abort', abort);
      if (!ended) await this.#cancel(requestId);
    }
  }

  /**
   * Ends what has not ended by itself. The addon forgets a queued request without a lock, and crashes where
   * its worker has just begun to take it up: so it is cancelled once it runs, which it does in a moment.
   * (llama.rn b9eebd5, in no release of the addon yet, ends that.)
   */
  async #cancel(requestId: number): Promise<void> {
    for (;;) {
      const { requests } = this.#native.getParallelStatus();
      const found = requests.find(({ request_id }) => request_id === requestId);
      if (found === undefined) return;
      if (found.state !== 'queued') {
        this.#native.cancelRequest(requestId);
        return;
      }
      await delay(1);
    }
  }

  #end(end: AddonEnd, seen: number): CompletionEnd {
    const { cache_n: cachedTokens, predicted_n: predicted } = end.timings;
    const tokens = Math.max(seen, predicted);
    if (end.stopped_eos || end.stopped_word) return { reason: 'turn', tokens, cachedTokens };
    if (end.stopped_limit || end.context_full) return { reason: 'limit', tokens, cachedTokens };
    throw new BrokenContext(this.#name, 'a completion gave nothing');
  }
}

/** Throws `model-load-failed`. */
function loadWeights(addon: Addon, options: ContextOptions): AddonContext {
  const onProgress = (percent: number) => options.onProgress(percent / 100);
  try {
    return new addon.LlamaContext(loadOptions(options), onProgress);
  } catch (error) {
    throw loadFailure(`The model file ${options.spec.file}`, messageOf(error));
  }
}

/** Throws `model-load-failed`. */
function loadProjector(native: AddonContext, mmproj: string, usesGpu: boolean): void {
  try {
    if (native.initMultimodal({ path: mmproj, use_gpu: usesGpu })) return;
  } catch (error) {
    throw loadFailure(`The projector ${mmproj}`, messageOf(error));
  }
  throw loadFailure(`The projector ${mmproj}`, 'it does not fit the model');
}

function loadFailure(what: string, reason: string): RuntimeFailure {
  return new RuntimeFailure(
    'model-load-failed',
    `${what} could not be loaded: ${reason}. Check \`file:\` and \`mmproj:\` in models.yaml.`,
  );
}

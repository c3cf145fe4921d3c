import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, RuntimeFailure } from '../../../../core/failure.ts';
import { EventChannel } from '../../worker/event-channel.ts';
import { abortReason } from '../../../../core/abort.ts';
import type { Addon, AddonContext, AddonEnd } from './addon.ts';
import type {
  AddonPrompt,
  CompletionEnd,
  CompletionOptions,
  ContextOptions,
} from './context-options.ts';
import { BATCH_TOKENS, completionOptions, loadOptions } from './native-options.ts';

/**
 * Character that the addon writes for invalid bytes. The same character of the model itself is lost too, because the
 * addon reports no tokens to distinguish them.
 */
const BROKEN = '\uFFFD';

/** Failure of the native context that it may not recover from, so the process has to end. */
export class BrokenContext extends RuntimeFailure {
  constructor(model: string, reason: string) {
    super(
      'engine-crashed',
      `The engine of ${model} has failed (${reason}). The next request starts it again.`,
    );
  }
}

/**
 * Model and its projector in memory. One completion runs at a time, in the addon's parallel mode: the serial mode never
 * recovers from a failure, and loses requests by a race.
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
      throw loadFailure(
        `The model ${spec.name}`,
        'its context does not support a queue of requests',
      );
    }
    return new VisionContext(native, spec.name);
  }

  get sizeBytes(): number {
    return this.#native.getModelInfo().size;
  }

  /** Names of the devices. */
  get device(): string {
    const devices = this.#native.getUsedDevices();
    return devices.length === 0 ? 'CPU' : devices.join(', ');
  }

  /** Counts the tokens of a prompt, including pictures. Throws `invalid-request` if one can't be decoded. */
  async count({ text, pictures }: AddonPrompt): Promise<number> {
    try {
      const { tokens } = await this.#native.tokenize(text, pictures);
      return tokens.length;
    } catch (error) {
      throw new RuntimeFailure(
        'invalid-request',
        `${this.#name} can't use these images: ${messageOf(error)}. Send others, or fewer.`,
        { cause: error, subject: 'messages' },
      );
    }
  }

  /**
   * Completes a prompt, token by token. An early return, or the signal, cancels it. Throws BrokenContext. The prompt must
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
   * Cancels a request that has not ended. The addon removes a queued request without a lock, and crashes if its worker is
   * just starting it. The request is therefore cancelled when it runs, which it soon does. (Fixed in llama.rn b9eebd5,
   * which no release of the addon has yet.)
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
    throw new BrokenContext(this.#name, 'a completion returned nothing');
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

import { getLlama, LlamaLogLevel, NoBinaryFoundError } from 'node-llama-cpp';
import type { Llama, LlamaModel, LlamaModelOptions } from 'node-llama-cpp';
import { messageOf, RuntimeFailure } from '../../../core/failure.ts';
import { engineMissing } from '../engine-package.ts';
import { isSystemError } from './require-gguf.ts';

/** How many of llama.cpp's last lines are kept, to say why something failed. */
const KEPT_LINES = 6;

/**
 * Words of llama.cpp for a file that it can't load on any machine, from src/llama-model-loader.cpp and
 * ggml/src/gguf.cpp.
 */
const DAMAGE =
  /corrupt|not within|missing tensor|wrong (?:shape|number)|invalid|duplicate|gguf_init|unknown model|key not found/i;

/** llama.cpp in this process, with what it last said. */
export interface NativeLlama {
  readonly llama: Llama;
  /**
   * Loads a model file.
   *
   * @throws {unsupported} for a damaged file and an unknown architecture, with llama.cpp's own reason
   * @throws {model-load-failed} if the system failed, or its memory was too small
   */
  loadModel(options: LlamaModelOptions): Promise<LlamaModel>;
  /** An error's message, behind what llama.cpp itself has said last of what is wrong. */
  reasonOf(error: unknown): string;
}

/**
 * Starts llama.cpp on the best device that works here (CUDA, Metal, Vulkan, else the CPU). It never
 * compiles anything: without `build: 'never'` the library may start a build from source.
 *
 * @throws {model-load-failed} if there is no build of llama.cpp for this machine
 */
export async function startLlama(): Promise<NativeLlama> {
  const said: string[] = [];
  const llama = await getLlama({
    gpu: 'auto',
    build: 'never',
    // 0: each context says for itself how many threads it takes.
    maxThreads: 0,
    logLevel: LlamaLogLevel.warn,
    logger: (level, message) => {
      if (level === LlamaLogLevel.error || level === LlamaLogLevel.fatal) said.push(message.trim());
      if (said.length > KEPT_LINES) said.shift();
    },
  }).catch((error: unknown) => {
    if (!(error instanceof NoBinaryFoundError)) throw error;
    const platform = `${process.platform} on ${process.arch}`;
    throw engineMissing(`node-llama-cpp has no build of llama.cpp for ${platform}`, error);
  });
  const reasonOf = (error: unknown) => [...said, messageOf(error)].join('; ');
  return {
    llama,
    reasonOf,
    async loadModel(options) {
      said.length = 0;
      try {
        return await llama.loadModel(options);
      } catch (error) {
        const reason = reasonOf(error);
        const isDamaged = options.vocabOnly === true || DAMAGE.test(reason);
        throw new RuntimeFailure(
          isDamaged && !isSystemError(error) ? 'unsupported' : 'model-load-failed',
          `The model file ${options.modelPath} could not be loaded: ${reason}. ` +
            'Check that it is a whole GGUF file of an architecture that llama.cpp knows.',
          { cause: error },
        );
      }
    },
  };
}

/** Where a model's layers lie, in words. */
export function deviceOf(llama: Llama, model: LlamaModel): string {
  if (llama.gpu === false || model.gpuLayers === 0) return 'CPU';
  const layers = model.fileInsights.totalLayers;
  return model.gpuLayers >= layers
    ? llama.gpu
    : `${model.gpuLayers} of ${layers} layers on ${llama.gpu}`;
}

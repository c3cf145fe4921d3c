import { getLlama, getModuleVersion, LlamaLogLevel, NoBinaryFoundError } from 'node-llama-cpp';
import type { Llama, LlamaModel, LlamaModelOptions } from 'node-llama-cpp';
import { messageOf, RuntimeFailure } from '../../../core/failure.ts';
import { engineMissing } from '../engine-package.ts';
import { isSystemError } from './require-gguf.ts';

/** Number of llama.cpp's last log lines that are kept, for the reasons of failures. */
const KEPT_LINES = 6;

/**
 * Messages of llama.cpp for a file that no machine can load, from src/llama-model-loader.cpp and
 * ggml/src/gguf.cpp.
 */
const DAMAGE =
  /corrupt|not within|missing tensor|wrong (?:shape|number)|invalid|duplicate|gguf_init|unknown model|key not found/i;

/** llama.cpp in this process, with its last log lines. */
export interface NativeLlama {
  readonly llama: Llama;
  /**
   * Loads a model file.
   *
   * @throws {RuntimeFailure} `unsupported` for a damaged file and an unknown architecture, with llama.cpp's own
   *   reason; `model-load-failed` if the system failed, or its memory was too small
   */
  loadModel(options: LlamaModelOptions): Promise<LlamaModel>;
  /** Message of an error, after the last error in llama.cpp's log. */
  reasonOf(error: unknown): string;
}

/**
 * Starts llama.cpp on the best device that works here (CUDA, Metal, Vulkan, otherwise the CPU). It never
 * compiles: without `build: 'never'` the library may start a build from source.
 *
 * @throws {RuntimeFailure} `model-load-failed` if there is no build of llama.cpp for this machine
 */
export async function startLlama(): Promise<NativeLlama> {
  const said: string[] = [];
  const llama = await getLlama({
    gpu: 'auto',
    build: 'never',
    // 0: each context sets its own number of threads.
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
            'Check that it is a complete GGUF file of an architecture that llama.cpp knows.',
          { cause: error },
        );
      }
    },
  };
}

/** Versions of the addon and of llama.cpp. */
export async function addonVersion({ llamaCppRelease: { release } }: Llama): Promise<string> {
  return `node-llama-cpp ${await getModuleVersion()} of llama.cpp ${release}`;
}

/** Describes the devices of a model's layers. */
export function deviceOf(llama: Llama, model: LlamaModel): string {
  if (llama.gpu === false || model.gpuLayers === 0) return 'CPU';
  const layers = model.fileInsights.totalLayers;
  return model.gpuLayers >= layers
    ? llama.gpu
    : `${model.gpuLayers} of ${layers} layers on ${llama.gpu}`;
}

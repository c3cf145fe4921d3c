import { setImmediate as nextTurn } from 'node:timers/promises';
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

/** llama.cpp for one model, with the last log lines since its start. */
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
  /** Frees what it has loaded. */
  close(): Promise<void>;
}

/** Receivers of llama.cpp's error lines. */
const listeners = new Set<(line: string) => void>();

/**
 * The library of this process. Its addon has one backend and one logger for a whole process: a second library would
 * lose its log lines when the first one's logger is released, and its backend when the first one is disposed.
 */
let shared: Promise<Llama> | undefined;

/**
 * Starts llama.cpp on the best device that works here (CUDA, Metal, Vulkan, otherwise the CPU). It never
 * compiles: without `build: 'never'` the library may start a build from source.
 *
 * @throws {RuntimeFailure} `model-load-failed` if there is no build of llama.cpp for this machine
 */
export async function startLlama(): Promise<NativeLlama> {
  shared ??= openLibrary();
  const opening = shared;
  const llama = await opening.catch((error: unknown) => {
    if (shared === opening) shared = undefined;
    throw error;
  });
  const said: string[] = [];
  const listen = (line: string): void => {
    said.push(line);
    if (said.length > KEPT_LINES) said.shift();
  };
  listeners.add(listen);
  const models: LlamaModel[] = [];
  const reasonOf = (error: unknown) => [...said, messageOf(error)].join('; ');
  return {
    llama,
    reasonOf,
    async loadModel(options) {
      said.length = 0;
      try {
        const model = await llama.loadModel(options);
        models.push(model);
        return model;
      } catch (error) {
        // llama.cpp's last lines are due in this turn of the event loop, before the failure or after it.
        await nextTurn();
        throw loadFailure(options, reasonOf(error), error);
      }
    },
    async close() {
      listeners.delete(listen);
      for (const model of models.toReversed()) await model.dispose();
    },
  };
}

async function openLibrary(): Promise<Llama> {
  return getLlama({
    gpu: 'auto',
    build: 'never',
    // 0: each context sets its own number of threads.
    maxThreads: 0,
    logLevel: LlamaLogLevel.warn,
    logger: (level, message) => {
      if (level !== LlamaLogLevel.error && level !== LlamaLogLevel.fatal) return;
      for (const listen of listeners) listen(message.trim());
    },
  }).catch((error: unknown) => {
    if (!(error instanceof NoBinaryFoundError)) throw error;
    const platform = `${process.platform} on ${process.arch}`;
    throw engineMissing(`node-llama-cpp has no build of llama.cpp for ${platform}`, error);
  });
}

function loadFailure(
  { modelPath, vocabOnly }: LlamaModelOptions,
  reason: string,
  cause: unknown,
): RuntimeFailure {
  const isDamaged = vocabOnly === true || DAMAGE.test(reason);
  return new RuntimeFailure(
    isDamaged && !isSystemError(cause) ? 'unsupported' : 'model-load-failed',
    `The model file ${modelPath} could not be loaded: ${reason}. ` +
      'Check that it is a complete GGUF file of an architecture that llama.cpp knows.',
    { cause },
  );
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

import { createRequire } from 'node:module';
import { isRecord } from '../../../../core/json.ts';

/**
 * Optional package that runs models with vision: llama.cpp with its multimodal part, one package per platform. It is
 * used without its wrapper `@fugood/llama.node`, which also depends on the builds for CUDA, Vulkan and wasm (285 MB).
 */
export const ADDON = `@fugood/node-llama-${process.platform}-${process.arch}`;

/** Used members of a native context of version 1.7.15. */
export interface AddonContext {
  /** Loads a projector; returns false if that fails. */
  initMultimodal(options: { readonly path: string; readonly use_gpu: boolean }): boolean;
  /** Tokenizes a prompt and decodes its pictures. Rejects invalid pictures, and a wrong number of markers. */
  tokenize(
    text: string,
    mediaPaths: readonly string[],
  ): Promise<{ readonly tokens: { readonly length: number } }>;
  getModelInfo(): { readonly size: number };
  getUsedDevices(): readonly string[];
  /** Returns false if the context does not support a queue of requests. */
  enableParallelMode(options: { readonly n_parallel: number; readonly n_batch: number }): boolean;
  queueCompletion(
    options: Readonly<Record<string, unknown>>,
    callback: (error: unknown, result: AddonReply | undefined) => void,
  ): { readonly requestId: number };
  cancelRequest(requestId: number): void;
  /** Returns waiting and running requests. */
  getParallelStatus(): {
    readonly requests: readonly { readonly request_id: number; readonly state: string }[];
  };
}

/** Argument of the callback: the text of a token, or the end of the completion. */
export type AddonReply = { readonly token: string } | AddonEnd;

export interface AddonEnd {
  readonly token?: undefined;
  readonly stopped_eos: boolean;
  readonly stopped_word: boolean;
  readonly stopped_limit: boolean;
  readonly context_full: boolean;
  /** Counts of this completion only. `tokens_predicted` includes an earlier cancelled one. */
  readonly timings: { readonly cache_n: number; readonly predicted_n: number };
}

/** Exports of the package. */
export interface Addon {
  readonly LlamaContext: {
    /** Loads a model. Throws if that fails. */
    new (
      options: Readonly<Record<string, unknown>>,
      onProgress: (percent: number) => void,
    ): AddonContext;
    toggleNativeLog(enabled: boolean, callback: () => void): void;
  };
}

/** Returns true if the package for this platform is installed. */
export function isAddonInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve(ADDON);
    return true;
  } catch {
    return false;
  }
}

/** Loads the package. Throws if it is not installed, or does not work here. */
export function loadAddon(): Addon {
  const addon: unknown = createRequire(import.meta.url)(ADDON);
  if (!isAddon(addon)) throw new Error(`${ADDON} has no class LlamaContext`);
  // Turn off its log, because that would quote prompts.
  addon.LlamaContext.toggleNativeLog(false, () => undefined);
  return addon;
}

function isAddon(value: unknown): value is Addon {
  return isRecord(value) && typeof value['LlamaContext'] === 'function';
}

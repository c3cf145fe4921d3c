import { createRequire } from 'node:module';
import { isRecord } from '../../../../core/json.ts';

/** The optional package that runs models which see: llama.cpp with its multimodal part. */
const ADDON = '@fugood/llama.node';

/** What is used of a context of `@fugood/llama.node` 1.7.15. */
export interface AddonContext {
  /** Loads a projector; false where that fails. */
  initMultimodal(options: { readonly path: string; readonly use_gpu: boolean }): boolean;
  /** Decodes the pictures too. Rejects what can't be decoded, and a number of markers that is not theirs. */
  tokenize(
    text: string,
    options: { readonly media_paths: readonly string[] },
  ): Promise<{ readonly tokens: { readonly length: number } }>;
  getModelInfo(): { readonly size: number };
  getUsedDevices(): readonly string[];
  readonly parallel: {
    enable(options: { readonly n_parallel: number; readonly n_batch: number }): Promise<boolean>;
  };
  /** The native context: its queue tells failures that the wrapper of it loses. */
  readonly ctx: {
    queueCompletion(
      options: Readonly<Record<string, unknown>>,
      callback: (error: unknown, result: AddonReply | undefined) => void,
    ): { readonly requestId: number };
    cancelRequest(requestId: number): void;
    /** Requests that wait or run. */
    getParallelStatus(): {
      readonly requests: readonly { readonly request_id: number; readonly state: string }[];
    };
  };
}

/** One call of the callback: a token's text, or what it came to in the end. */
export type AddonReply = { readonly token: string } | AddonEnd;

export interface AddonEnd {
  readonly token?: undefined;
  readonly stopped_eos: boolean;
  readonly stopped_word: boolean;
  readonly stopped_limit: boolean;
  readonly context_full: boolean;
  /** Unlike `tokens_predicted` they count nothing of a completion that was cancelled before. */
  readonly timings: { readonly cache_n: number; readonly predicted_n: number };
}

/** The package's entry. */
export interface Addon {
  loadModel(
    options: Readonly<Record<string, unknown>>,
    onProgress?: (percent: number) => void,
  ): Promise<AddonContext>;
}

/** Whether the package is installed, with its binary for this platform. */
export function isAddonInstalled(): boolean {
  try {
    const entry = createRequire(import.meta.url).resolve(ADDON);
    createRequire(entry).resolve(`@fugood/node-llama-${process.platform}-${process.arch}`);
    return true;
  } catch {
    return false;
  }
}

/** Loads the package. Throws where it is not installed, or has no binary that works here. */
export async function loadAddon(): Promise<Addon> {
  const loaded: unknown = await import(ADDON);
  const entry = isRecord(loaded) && isRecord(loaded['default']) ? loaded['default'] : loaded;
  if (isAddon(entry)) return entry;
  throw new Error(`${ADDON} has no function loadModel`);
}

function isAddon(value: unknown): value is Addon {
  return isRecord(value) && typeof value['loadModel'] === 'function';
}

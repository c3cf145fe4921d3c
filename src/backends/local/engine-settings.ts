import type {
  FlashAttention,
  GpuLayers,
  KvType,
  PromptLookupMode,
} from '../../config/engine-options.ts';
import type { LocalSpec } from './spec.ts';
import type { RunnerKind } from './runner-choice.ts';

/** Receives in one line what happened, or what could not be honoured but stopped nothing (`warn`, the default). */
export type EngineLog = (message: string, level?: 'info' | 'warn') => void;

/** Settings of the server that an engine takes. */
export interface EngineSettings {
  /** Threads for llama.cpp, over what the registry says; undefined means `defaultThreads`. */
  readonly threads: number | undefined;
  /** Over what the registry says, as are the next three. */
  readonly gpuLayers?: GpuLayers | undefined;
  readonly flashAttention?: FlashAttention | undefined;
  readonly kvType?: KvType | undefined;
  readonly promptLookup?: PromptLookupMode | undefined;
  /** Context size in tokens for every model, over what the registry says. */
  readonly context: number | undefined;
  /** Slots of every model, over what the registry says; undefined leaves it to memory. */
  readonly parallel?: number | undefined;
  /** Place of prefixes that outlive their slots and this process; undefined drops them. */
  readonly states?: StateCache | undefined;
  /** Number of requests that may wait for a slot. */
  readonly queueLimit: number;
}

/** Folder of the state files of all models. */
export interface StateCache {
  readonly folder: string;
  /** Bytes that they may take together; undefined: a tenth of the free disk, at most 16 GB. */
  readonly limitBytes: number | undefined;
}

/** Model, its runner, and the server's settings for it: plain data, which crosses the process border. */
export interface EngineTask {
  readonly runner: RunnerKind;
  readonly spec: LocalSpec;
  readonly settings: EngineSettings;
}

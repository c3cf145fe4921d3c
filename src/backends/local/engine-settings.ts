import type {
  FlashAttention,
  GpuLayers,
  KvType,
  PromptLookupMode,
} from '../../config/engine-options.ts';
import type { LocalSpec } from './spec.ts';
import type { RunnerKind } from './runner-choice.ts';

/** Logs one line: an event (`info`), or a part that could not be honoured and did not fail the request (`warn`). */
export type EngineLog = (message: string, level?: 'info' | 'warn') => void;

/** Settings of the server for engines. */
export interface EngineSettings {
  /** Threads of llama.cpp; overrides the entry. Undefined means `defaultThreads`. */
  readonly threads: number | undefined;
  /** Overrides the entry, as the next three do. */
  readonly gpuLayers?: GpuLayers | undefined;
  readonly flashAttention?: FlashAttention | undefined;
  readonly kvType?: KvType | undefined;
  readonly promptLookup?: PromptLookupMode | undefined;
  /** Context size in tokens of every model; overrides its entry. */
  readonly context: number | undefined;
  /** Slots of every model; overrides its entry. If undefined, memory decides. */
  readonly parallel?: number | undefined;
  /** Cache of prefixes that outlive their slots and this process; undefined drops them. */
  readonly states?: StateCache | undefined;
  /** Program of llama-server, or its folder; undefined searches this machine. */
  readonly llamaServer?: string | undefined;
  /** Folder of installed engines. */
  readonly enginesFolder?: string | undefined;
  /** Records for the choice of flash attention; undefined keeps none, and measures nothing. */
  readonly attention?: AttentionStore | undefined;
  /** Number of requests that may wait for a slot. */
  readonly queueLimit: number;
}

/** Folder of the state files of all models. */
export interface StateCache {
  readonly folder: string;
  /** Total size in bytes; undefined means a tenth of the free disk, at most 16 GB. */
  readonly limitBytes: number | undefined;
}

/** Folder of what was learned of each model for the choice of flash attention. */
export interface AttentionStore {
  readonly folder: string;
  /** Time without requests after which a model is measured; default: the one of the engine. */
  readonly idleMs?: number;
}

/** Model, its runner, and the server's settings for it, as plain data for another process. */
export interface EngineTask {
  readonly runner: RunnerKind;
  readonly spec: LocalSpec;
  readonly settings: EngineSettings;
}

import type { Capabilities, GenerationRequest, LoadStatus } from '../../core/backend.ts';
import type { GenerationEvent } from '../../core/events.ts';
import type { FlashAttention, GpuLayers, KvType, PromptLookupMode } from '../../core/model.ts';

/** One model, in this process or in a child: what the llama backend drives. */
export interface Engine {
  /** What the model can do; read from its file, before its weights are loaded. */
  capabilities(signal: AbortSignal): Promise<Capabilities>;
  countTokens(request: GenerationRequest, signal: AbortSignal): Promise<number>;
  generate(request: GenerationRequest, signal: AbortSignal): AsyncGenerator<GenerationEvent>;
  /** How it fares; undefined as long as its weights are not in memory. */
  status(signal: AbortSignal): Promise<LoadStatus | undefined>;
  /** True if native code takes far longer for a step than it ever did: it hangs. */
  readonly isStuck?: boolean;
  /** Frees everything; requests under way fail. */
  close(): Promise<void>;
}

/** Told in one line what happened, or what could not be honoured but stopped nothing (`warn`, the default). */
export type EngineLog = (message: string, level?: 'info' | 'warn') => void;

/** What an engine takes from the settings of the server. */
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
  /** Where prefixes are kept that no slot has room for; undefined drops them. */
  readonly states?: StateCache | undefined;
  /** How many requests may wait for a slot. */
  readonly queueLimit: number;
}

/** The folder of the state files, and the bytes that those of one engine may take. */
export interface StateCache {
  readonly folder: string;
  readonly limitBytes: number;
}

/**
 * llama.cpp spins at barriers: with more threads than idle cores it decodes up to a hundred times
 * slower. So a small machine leaves one core to the rest, and a busy one those that are busy; up to
 * half of them, since what keeps them busy may end soon.
 *
 * @param cores physical cores that calculate at full speed
 * @param busy how many of them are busy with other things
 */
export function defaultThreads(cores: number, busy: number): number {
  const most = cores <= 4 ? cores - 1 : cores;
  const idle = cores - Math.round(busy);
  return Math.max(1, Math.floor(most / 2), Math.min(most, idle));
}

import type { Capabilities, GenerationRequest, LoadStatus } from '../../core/backend.ts';
import type { GenerationEvent } from '../../core/events.ts';

/** One model, in this process or in a child: what the llama backend drives. */
export interface Engine {
  /** What the model can do; read from its file, before its weights are loaded. */
  capabilities(signal: AbortSignal): Promise<Capabilities>;
  countTokens(request: GenerationRequest, signal: AbortSignal): Promise<number>;
  generate(request: GenerationRequest, signal: AbortSignal): AsyncGenerator<GenerationEvent>;
  /** How it fares; undefined as long as its weights are not in memory. */
  status(signal: AbortSignal): Promise<LoadStatus | undefined>;
  /** Frees everything; requests under way fail. */
  close(): Promise<void>;
}

/** What an engine takes from the settings of the server. */
export interface EngineSettings {
  /** Threads for llama.cpp, or undefined for `defaultThreads`. */
  readonly threads: number | undefined;
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
 * slower, so a small machine leaves one core to the rest.
 *
 * @param cores physical cores that calculate at full speed
 */
export function defaultThreads(cores: number): number {
  return cores <= 4 ? Math.max(1, cores - 1) : cores;
}

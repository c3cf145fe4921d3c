import type { Token } from 'node-llama-cpp';
import type { SessionKey } from '../../../core/backend.ts';

/** Slot of a runner whose state the pool of slots caches: copies it, saves it, and restores it. */
export interface CachedSlot {
  /** Session and prompt length of the last request; the rest of the state was generated. */
  readonly session: SessionKey;
  /** True if its last prompt has a cache breakpoint of the client. */
  readonly isHeld: boolean;
  readonly promptLength: number;
  readonly idle: boolean;
  readonly lastUsed: number;
  /** Number of tokens in its state. */
  readonly length: number;
  readonly tokens: readonly Token[];
  /** True if its state can't be in a file. */
  readonly isTransient?: boolean;

  /** Returns the length of a prompt's reusable prefix. At least the last token is always evaluated. */
  reusable(prompt: readonly Token[]): number;

  /** Takes the slot for a prompt, until it is released. */
  claim(prompt: readonly Token[], session: SessionKey, isHeld: boolean): void;
  release(): void;

  /** Returns the length of a prompt's prefix after the running prefill; 0 if none is running. */
  expects(prompt: readonly Token[]): number;

  /** Waits until a prefill has reached a length, or has ended. Throws the signal's reason. */
  reaches(length: number, signal: AbortSignal): Promise<void>;

  /** Cuts the state to the common prefix with the prompt. Returns its length in tokens. */
  reuse(prompt: readonly Token[], signal: AbortSignal): Promise<number>;

  /**
   * Copies the prefix of a prompt from another slot of the same runner. After a failure, the slot is empty.
   *
   * @param folder folder for a temporary file; undefined if there is none
   */
  fork(from: CachedSlot, prompt: readonly Token[], folder: string | undefined): Promise<void>;

  /** Generates nothing until a copy of its state has ended. Absent if its state can be copied at any time. */
  waitFor?(copy: Promise<void>): void;

  /** Saves its complete state. Throws if the file can't be written. */
  save(file: string): Promise<{ readonly bytes: number; readonly tokens: readonly Token[] }>;

  /** Replaces its state by a saved one. Throws if that fails; the slot is then empty. */
  load(file: string, tokens: readonly Token[]): Promise<void>;

  /** Drops all state, because after a failure it is unknown. */
  renew(): Promise<void>;
}

import { EventEmitter, once } from 'node:events';
import type { Token } from 'node-llama-cpp';
import type { SessionKey } from '../../../core/backend.ts';
import { raceAbort } from '../../../core/abort.ts';
import { sharedLength } from './prefix-source.ts';

/** Use of a slot: its request, and the prefill in progress that other requests may wait for. */
export abstract class SlotUse {
  /** Session and prompt length of the last request; the rest of the state was generated. */
  session: SessionKey = {};
  /** True if its last prompt has a cache breakpoint of the client. */
  isHeld = false;
  promptLength = 0;
  idle = true;
  lastUsed = 0;
  /** Prompt in evaluation. `step` is emitted after each step of it, and at its end. */
  #prefilling: readonly Token[] | undefined;
  readonly #steps = new EventEmitter().setMaxListeners(0);

  /** Number of tokens in its state. */
  abstract get length(): number;

  /** True if its state can't be cut at any token, as in recurrent and hybrid models. */
  abstract get needsCheckpoints(): boolean;

  /** Takes the slot for a prompt, until it is released. */
  claim(prompt: readonly Token[], session: SessionKey, isHeld: boolean): void {
    this.idle = false;
    this.session = session;
    this.isHeld = isHeld;
    this.#prefilling = prompt;
  }

  release(): void {
    this.endPrefill();
    this.idle = true;
    this.lastUsed = performance.now();
  }

  /** Returns the length of a prompt's prefix after the running prefill; 0 if none is running. */
  expects(prompt: readonly Token[]): number {
    // Its checkpoints are rarely at the end of the common prefix.
    if (this.#prefilling === undefined || this.needsCheckpoints) return 0;
    return sharedLength(this.#prefilling, prompt);
  }

  /** Waits until a prefill has reached a length, or has ended. Throws the signal's reason. */
  async reaches(length: number, signal: AbortSignal): Promise<void> {
    while (this.#prefilling !== undefined && this.length < length) {
      await raceAbort(once(this.#steps, 'step'), signal);
    }
  }

  /** Notes a step of the prefill. */
  protected endStep(): void {
    this.#steps.emit('step');
  }

  protected endPrefill(): void {
    this.#prefilling = undefined;
    this.endStep();
  }
}

import type { Token } from 'node-llama-cpp';
import type { SessionKey } from '../../../../core/backend.ts';
import { RuntimeFailure } from '../../../../core/failure.ts';
import { choosePrefix, isWorthSaving, sharedLength } from './prefix-source.ts';
import type { Scheduler } from './scheduler.ts';
import type { Slot } from './slot.ts';
import { chooseSlot, isLossy, NEGLIGIBLE_TOKENS } from './slot-choice.ts';
import type { SlotView } from './slot-choice.ts';
import type { SavedState, StateFiles } from './state-files.ts';
import { largest } from '../../../../core/lists.ts';

/** The slots of a context: who gets which, and what becomes of the prefixes in them. */
export class SlotPool {
  readonly #slots: readonly Slot[];
  readonly #scheduler: Scheduler;
  readonly #states: StateFiles | undefined;
  readonly #bytesPerToken: number;

  /**
   * @param states where states that are given up go; undefined where they are dropped
   * @param bytesPerToken that a state is expected to take
   */
  constructor(
    slots: readonly Slot[],
    scheduler: Scheduler,
    states: StateFiles | undefined,
    bytesPerToken: number,
  ) {
    this.#slots = slots;
    this.#scheduler = scheduler;
    this.#states = states;
    this.#bytesPerToken = bytesPerToken;
  }

  /** Takes an idle slot for a prompt: its turn has come, so there is one. It must be released. */
  take(prompt: readonly Token[], session: SessionKey): TakenSlot {
    const views = this.#slots.map((slot) => viewOf(slot, prompt));
    const now = performance.now();
    const index = chooseSlot(views, { session, promptLength: prompt.length, now });
    const slot = this.#slots[index ?? -1];
    const view = views[index ?? -1];
    if (slot === undefined || view === undefined) {
      throw new RuntimeFailure('internal', 'A request had its turn, but no slot was idle.');
    }
    const lossy = isLossy(view, session);
    const evaluating = this.#evaluating(prompt);
    slot.claim(prompt, session);
    return {
      slot,
      reuse: async (signal) => {
        await evaluating?.slot.reaches(evaluating.length, signal);
        await this.#fill(slot, prompt, lossy);
        return slot.reuse(prompt);
      },
      release: async (failed) => {
        try {
          // After a failure llama.cpp may hold more than is known.
          if (failed) await slot.renew();
        } finally {
          slot.release();
        }
      },
    };
  }

  /**
   * A slot that evaluates more of a prompt than is known so far, if there is one: agents that start
   * together share most of their prompts, so one evaluates it, and the others wait and copy.
   */
  #evaluating(
    prompt: readonly Token[],
  ): { readonly slot: Slot; readonly length: number } | undefined {
    const known = largest(this.#slots.map((slot) => slot.reusable(prompt)));
    return this.#slots
      .map((slot) => ({ slot, length: slot.expects(prompt) }))
      .filter(({ length }) => length > known + NEGLIGIBLE_TOKENS)
      .toSorted((one, other) => other.length - one.length)[0];
  }

  /** Keeps what the slot holds for whom it belongs to, and gets what others know of the prompt. */
  async #fill(slot: Slot, prompt: readonly Token[], lossy: boolean): Promise<void> {
    const saved = this.#states?.saved ?? [];
    const speed = this.#states?.bytesPerMillisecond ?? 1;
    const prefixes = {
      own: slot.reusable(prompt),
      slots: this.#slots.map((one) => one.reusable(prompt)),
      saved: saved.map(({ tokens, bytes }) => ({
        kept: sharedLength(tokens, prompt),
        milliseconds: bytes / speed,
      })),
    };
    const source = choosePrefix(prefixes, this.#scheduler.rate);
    if (lossy) await this.#keep(slot, slot.length - prefixes.own);
    switch (source.kind) {
      case 'own':
        return;
      case 'fork': {
        const from = this.#slots[source.index];
        if (from !== undefined) await slot.fork(from, prompt, this.#states?.scratch);
        return;
      }
      case 'saved': {
        const state = saved[source.index];
        if (state !== undefined) await this.#states?.load(state, slot);
        return;
      }
      default:
        source satisfies never;
    }
  }

  async #keep(slot: Slot, lost: number): Promise<void> {
    const states = this.#states;
    if (states === undefined || !states.works || isCovered(slot, states.saved)) return;
    const { limitBytes, bytesPerMillisecond } = states;
    const bytes = slot.length * this.#bytesPerToken;
    const cost = { bytes, bytesPerMillisecond, limitBytes };
    if (isWorthSaving(lost, this.#scheduler.rate, cost)) await states.save(slot);
  }
}

/** A slot that one request has for itself. */
export interface TakenSlot {
  readonly slot: Slot;
  /** Gets as much of the prompt into the slot as is known, and gives how many tokens that are. */
  reuse(signal: AbortSignal): Promise<number>;
  release(failed: boolean): Promise<void>;
}

function viewOf(slot: Slot, prompt: readonly Token[]): SlotView {
  const { idle, length, promptLength, session, lastUsed } = slot;
  return { idle, length, kept: slot.reusable(prompt), promptLength, session, lastUsed };
}

/** Whether a saved state has all of a slot's but a negligible rest. */
function isCovered(slot: Slot, saved: readonly SavedState[]): boolean {
  const { tokens } = slot;
  return saved.some(
    (state) => sharedLength(state.tokens, [...tokens, -1]) >= tokens.length - NEGLIGIBLE_TOKENS,
  );
}

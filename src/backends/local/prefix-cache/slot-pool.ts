import type { Token } from 'node-llama-cpp';
import type { SessionKey } from '../../../core/backend.ts';
import { RuntimeFailure } from '../../../core/failure.ts';
import { commonLength } from '../../../prompt/prompt-prefix.ts';
import type { EngineLog } from '../engine-settings.ts';
import { choosePrefix, isWorthSaving } from './prefix-source.ts';
import type { CachedSlot } from './cached-slot.ts';
import { chooseSlot, isLossy, NEGLIGIBLE_TOKENS } from './slot-choice.ts';
import type { SlotView } from './slot-choice.ts';
import { isPrefix, reusableLength } from './saved-state.ts';
import type { SavedState } from './saved-state.ts';
import type { StateFiles } from './state-files.ts';
import { largest } from '../../../core/lists.ts';

/** Measured rate of the prefill. */
interface PrefillRate {
  /** Tokens per millisecond; undefined before it was measured. */
  readonly rate: number | undefined;
}

export interface SlotPoolOptions<Slot extends CachedSlot> {
  readonly slots: readonly Slot[];
  readonly scheduler: PrefillRate;
  /** Files for states that leave their slots; undefined drops the states. */
  readonly states: StateFiles | undefined;
  /** Expected bytes of a state per token. */
  readonly bytesPerToken: number;
  /** Logs what was restored from a file. */
  readonly log: EngineLog;
}

/** Slots of a context, and the cache of their prefixes. */
export class SlotPool<Slot extends CachedSlot> {
  readonly #slots: readonly Slot[];
  readonly #scheduler: PrefillRate;
  readonly #states: StateFiles | undefined;
  readonly #bytesPerToken: number;
  readonly #log: EngineLog;

  constructor({ slots, scheduler, states, bytesPerToken, log }: SlotPoolOptions<Slot>) {
    this.#slots = slots;
    this.#scheduler = scheduler;
    this.#states = states;
    this.#bytesPerToken = bytesPerToken;
    this.#log = log;
  }

  /** Takes an idle slot for the prompt at the head of the queue. It must be released. */
  take(prompt: readonly Token[], session: SessionKey, isHeld: boolean): TakenSlot<Slot> {
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
    slot.claim(prompt, session, isHeld);
    return {
      slot,
      reuse: async (signal) => {
        await evaluating?.slot.reaches(evaluating.length, signal);
        await this.#fill(slot, prompt, lossy);
        return slot.reuse(prompt, signal);
      },
      release: async (failed) => {
        try {
          // After a failure, the state in llama.cpp is unknown.
          if (failed) await slot.renew();
        } finally {
          slot.release();
        }
      },
    };
  }

  /**
   * Finds a slot that is evaluating more of a prompt than is cached. Agents that start together share most of their
   * prompts, so one evaluates it, and the others wait and copy.
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

  /** Saves the old state of a slot, and fills it with the longest cached prefix of the prompt. */
  async #fill(slot: Slot, prompt: readonly Token[], lossy: boolean): Promise<void> {
    const { saved = [], bytesPerMs: speed = 1, isPartial = false } = this.#states ?? {};
    const prefixes = {
      own: slot.reusable(prompt),
      slots: this.#slots.map((one) => one.reusable(prompt)),
      saved: saved.map((state) => ({
        kept: reusableLength(state, prompt, isPartial),
        milliseconds: state.bytes / speed,
      })),
    };
    const source = choosePrefix(prefixes, this.#scheduler.rate);
    const from = source.kind === 'fork' ? this.#slots[source.index] : undefined;
    const state = source.kind === 'saved' ? saved[source.index] : undefined;
    const filling = (async () => {
      if (lossy) await this.#keep(slot, slot.length - prefixes.own);
      const folder = isPartial ? undefined : this.#states?.scratch;
      if (from !== undefined) await slot.fork(from, prompt, folder);
      if (state !== undefined) await this.#load(state, slot, prompt.length);
    })();
    from?.waitFor?.(filling);
    await filling;
  }

  /** Reads the states that were used last into empty slots, so that their conversations go on at once. */
  async restoreAll(): Promise<void> {
    const empty = this.#slots.filter((slot) => slot.idle && slot.length <= NEGLIGIBLE_TOKENS);
    const latest = this.#states?.saved.slice(-empty.length).toReversed() ?? [];
    for (const [index, state] of latest.entries()) {
      const slot = empty[index];
      if (slot?.idle !== true) continue;
      slot.claim([], {}, false);
      try {
        await this.#load(state, slot, state.tokens.length);
      } finally {
        slot.release();
      }
    }
  }

  /** Writes unsaved states of idle slots to files, so that they outlive this process. */
  async keepAll(): Promise<void> {
    for (const slot of this.#slots) if (slot.idle) await this.#keep(slot, slot.length, 0);
  }

  async #load(state: SavedState, slot: Slot, promptLength: number): Promise<void> {
    const started = performance.now();
    if ((await this.#states?.load(state, slot)) !== true) return;
    const seconds = (performance.now() - started) / 1000;
    this.#log(
      `restored ${slot.length.toLocaleString('en')} of ${promptLength.toLocaleString('en')} tokens ` +
        `in ${seconds.toFixed(1)} s`,
      'info',
    );
  }

  /** @param slack number of tokens at the end that a file may lack, so that none is written for them */
  async #keep(slot: Slot, lost: number, slack = NEGLIGIBLE_TOKENS): Promise<void> {
    const states = this.#states;
    if (states === undefined || slot.isTransient === true) return;
    if (isCovered(slot, states, slack)) return;
    if (!(await states.ready())) return;
    const { limitBytes, bytesPerMs } = states;
    const bytes = slot.length * this.#bytesPerToken;
    const cost = { bytes, bytesPerMs, limitBytes };
    const { rate } = this.#scheduler;
    if (!isWorthSaving(lost, rate, cost)) return;
    await states.save(slot, rate === undefined ? 0 : slot.length / rate / 1000);
  }
}

/** Slot of one request. */
export interface TakenSlot<Slot> {
  readonly slot: Slot;
  /** Fills the slot with the longest cached prefix of the prompt. Returns its number of tokens. */
  reuse(signal: AbortSignal): Promise<number>;
  release(failed: boolean): Promise<void>;
}

function viewOf(slot: CachedSlot, prompt: readonly Token[]): SlotView {
  const { idle, length, promptLength, session, lastUsed } = slot;
  return { idle, length, kept: slot.reusable(prompt), promptLength, session, lastUsed };
}

/** Returns true if a saved state has all tokens of a slot except `slack` at its end. */
function isCovered(
  { tokens }: CachedSlot,
  { saved, isPartial }: StateFiles,
  slack: number,
): boolean {
  // A longer state covers a slot only if it can be cut.
  return saved.some(
    (state) =>
      commonLength(state.tokens, tokens) >= tokens.length - slack &&
      (!isPartial || isPrefix(state.tokens, tokens)),
  );
}

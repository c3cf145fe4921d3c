import type { SessionKey } from '../../../core/backend.ts';

/** Facts of a slot for the choice. Lengths are in tokens. */
export interface SlotView {
  readonly idle: boolean;
  /** Length of its state. */
  readonly length: number;
  /** Length of the reusable prefix of the prompt. */
  readonly kept: number;
  /** Length of its last prompt; the rest of the state was generated. */
  readonly promptLength: number;
  /** Session of its last request. */
  readonly session: SessionKey;
  /** Time of its last use in milliseconds, on the clock of `Asking.now`. */
  readonly lastUsed: number;
}

/** Request for a slot. */
export interface SlotDemand {
  readonly session: SessionKey;
  readonly promptLength: number;
  readonly now: number;
}

/** Tokens that have no effect on the choice: two unrelated prompts share as many of their template. */
export const NEGLIGIBLE_TOKENS = 32;
/** Time after its last turn in which a conversation is likely to continue. */
const SPARED_MS = 5 * 60_000;
/** Ratio of a state's length to a prompt's from which the prompt counts as short. */
const SPARED_RATIO = 4;

/**
 * Chooses an idle slot for a prompt, by its index; undefined if none is idle. The prompt takes the slot of the
 * conversation that it continues: the longest common prefix, then the same session, then the least recently used one.
 * If it continues none, it takes an empty slot, otherwise the least recently used one. A short prompt avoids a long,
 * recently used state if another slot has less to lose.
 */
export function chooseSlot(slots: readonly SlotView[], asking: SlotDemand): number | undefined {
  const idle = slots.filter((slot) => slot.idle);
  const empty = idle.filter(({ length }) => length <= NEGLIGIBLE_TOKENS).toSorted(byAge)[0];
  const best = idle
    .filter(({ kept }) => kept > NEGLIGIBLE_TOKENS)
    .toSorted((one, other) => byPrefix(one, other, asking.session))[0];
  const chosen =
    best !== undefined && isContinued(best, asking.session, empty !== undefined)
      ? best
      : (empty ?? victimAmong(idle, asking));
  return chosen === undefined ? undefined : slots.indexOf(chosen);
}

/** Returns true if a replaced state may be needed again. */
export function isLossy(slot: SlotView, session: SessionKey): boolean {
  if (slot.length - slot.kept <= NEGLIGIBLE_TOKENS || losesAnswerOnly(slot)) return false;
  return !(relationTo(slot.session, session) === 'same' && keepsMost(slot));
}

function isContinued(slot: SlotView, session: SessionKey, hasEmpty: boolean): boolean {
  if (slot.length - slot.kept <= NEGLIGIBLE_TOKENS) return true;
  const related = relationTo(slot.session, session);
  if (related === 'other') return false;
  if (losesAnswerOnly(slot)) return true;
  return keepsMost(slot) && (related === 'same' || !hasEmpty);
}

function victimAmong(idle: readonly SlotView[], asking: SlotDemand): SlotView | undefined {
  const [oldest, ...others] = idle.toSorted(byAge);
  if (oldest === undefined) return undefined;
  const isSpared =
    asking.now - oldest.lastUsed < SPARED_MS && oldest.length > asking.promptLength * SPARED_RATIO;
  const shorter = others.find(({ length }) => length * 2 <= oldest.length);
  return isSpared && shorter !== undefined ? shorter : oldest;
}

/**
 * Returns true if only the last answer is lost. Templates drop thinking from later prompts, so those differ from there.
 * An unrelated prompt shares the beginning of the template, which may be most of a short prompt.
 */
function losesAnswerOnly({ kept, promptLength }: SlotView): boolean {
  if (promptLength === 0 || kept <= NEGLIGIBLE_TOKENS) return false;
  return kept >= promptLength - NEGLIGIBLE_TOKENS;
}

function keepsMost({ kept, length }: SlotView): boolean {
  return kept * 2 >= length;
}

/** Compares sessions. Each agent of a session has its own conversation; a request without a session may be any. */
function relationTo(one: SessionKey, other: SessionKey): 'same' | 'other' | 'unknown' {
  if (one.session !== undefined || other.session !== undefined) {
    return one.session === other.session && one.agent === other.agent ? 'same' : 'other';
  }
  if (one.user === undefined && other.user === undefined) return 'unknown';
  return one.user === other.user ? 'unknown' : 'other';
}

const RELATION_ORDER = { same: 0, unknown: 1, other: 2 } as const;

function byPrefix(one: SlotView, other: SlotView, session: SessionKey): number {
  return (
    other.kept - one.kept ||
    RELATION_ORDER[relationTo(one.session, session)] -
      RELATION_ORDER[relationTo(other.session, session)] ||
    byAge(one, other)
  );
}

function byAge(one: SlotView, other: SlotView): number {
  return one.lastUsed - other.lastUsed;
}

import type { SessionKey } from '../../../../core/backend.ts';

/** What is known of a slot when a prompt looks for one. Lengths are in tokens. */
export interface SlotView {
  readonly idle: boolean;
  /** How much state it holds. */
  readonly length: number;
  /** The part of it that the prompt begins with and that can be kept. */
  readonly kept: number;
  /** Of the prompt that it served last: what it holds beyond that was generated. */
  readonly promptLength: number;
  /** Whom it served last. */
  readonly session: SessionKey;
  /** In milliseconds, on the clock of `Asking.now`. */
  readonly lastUsed: number;
}

/** Who looks for a slot. */
export interface SlotDemand {
  readonly session: SessionKey;
  readonly promptLength: number;
  readonly now: number;
}

/** What two unrelated prompts share of their template, or a tail that is no loss: not worth a decision. */
export const NEGLIGIBLE_TOKENS = 32;
/** A conversation may well go on for as long after its last turn. */
const SPARED_MILLISECONDS = 5 * 60_000;
/** A prompt is short beside a state that is so many times longer. */
const SPARED_RATIO = 4;

/**
 * The idle slot that a prompt should have, by its index; undefined where none is idle. It is the one
 * whose conversation it continues: the longest common prefix, then the same session, then the least
 * recently used. A prompt that continues none takes an empty slot, else the least recently used, but a
 * short one spares a long state that was used just now where another slot has less to lose.
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

/** Whether a slot's state, where a prompt takes its place, may be asked for again. */
export function isLossy(slot: SlotView, session: SessionKey): boolean {
  if (slot.length - slot.kept <= NEGLIGIBLE_TOKENS || losesAnswerOnly(slot)) return false;
  return !(kinship(slot.session, session) === 'same' && keepsMost(slot));
}

function isContinued(slot: SlotView, session: SessionKey, hasEmpty: boolean): boolean {
  if (slot.length - slot.kept <= NEGLIGIBLE_TOKENS) return true;
  const related = kinship(slot.session, session);
  if (related === 'other') return false;
  if (losesAnswerOnly(slot)) return true;
  return keepsMost(slot) && (related === 'same' || !hasEmpty);
}

function victimAmong(idle: readonly SlotView[], asking: SlotDemand): SlotView | undefined {
  const [oldest, ...others] = idle.toSorted(byAge);
  if (oldest === undefined) return undefined;
  const precious =
    asking.now - oldest.lastUsed < SPARED_MILLISECONDS &&
    oldest.length > asking.promptLength * SPARED_RATIO;
  const lesser = others.find(({ length }) => length * 2 <= oldest.length);
  return precious && lesser !== undefined ? lesser : oldest;
}

/** Templates drop a model's thinking from later prompts: they part where its answer began. */
function losesAnswerOnly({ kept, promptLength }: SlotView): boolean {
  return promptLength > 0 && kept >= promptLength - NEGLIGIBLE_TOKENS;
}

function keepsMost({ kept, length }: SlotView): boolean {
  return kept * 2 >= length;
}

/** An agent of a session has a conversation of its own; who names no session may be anyone. */
function kinship(one: SessionKey, other: SessionKey): 'same' | 'other' | 'unknown' {
  if (one.session !== undefined || other.session !== undefined) {
    return one.session === other.session && one.agent === other.agent ? 'same' : 'other';
  }
  if (one.user === undefined && other.user === undefined) return 'unknown';
  return one.user === other.user ? 'unknown' : 'other';
}

const KINSHIP_ORDER = { same: 0, unknown: 1, other: 2 } as const;

function byPrefix(one: SlotView, other: SlotView, session: SessionKey): number {
  return (
    other.kept - one.kept ||
    KINSHIP_ORDER[kinship(one.session, session)] - KINSHIP_ORDER[kinship(other.session, session)] ||
    byAge(one, other)
  );
}

function byAge(one: SlotView, other: SlotView): number {
  return one.lastUsed - other.lastUsed;
}

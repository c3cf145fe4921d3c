import { describe, expect, it } from 'vitest';
import {
  choosePrefix,
  isWorthSaving,
} from '../../../../../src/backends/local/prefix-cache/prefix-source.ts';
import { chooseSlot, isLossy } from '../../../../../src/backends/local/prefix-cache/slot-choice.ts';
import type { SlotView } from '../../../../../src/backends/local/prefix-cache/slot-choice.ts';
import type { SessionKey } from '../../../../../src/core/backend.ts';
import { covers } from '../../../../support/covers.ts';

const NOW = 1_000_000;
const LONG_AGO = NOW - 3_600_000;

/** A slot that was used just now, by no session. */
function slot(view: Partial<SlotView>): SlotView {
  const plain = { idle: true, length: 0, kept: 0, promptLength: 0, session: {}, lastUsed: NOW };
  return { ...plain, ...view };
}

const main: SessionKey = { user: 'u', session: 's' };
const agent: SessionKey = { user: 'u', session: 's', agent: 'a' };

describe('the slot of a prompt', () => {
  covers('R6.1-choice');

  const rows: readonly [string, readonly Partial<SlotView>[], number | undefined][] = [
    ['is the one with its prefix', [{ length: 900 }, { length: 900, kept: 890 }], 1],
    [
      'is the one with the longest prefix',
      [
        { length: 400, kept: 390 },
        { length: 900, kept: 880 },
      ],
      1,
    ],
    ['is never a busy one', [{ idle: false, length: 900, kept: 890 }, { length: 900 }], 1],
    ['is none if all are busy', [{ idle: false }, { idle: false }], undefined],
    ['is an empty one rather than another’s', [{ length: 900, lastUsed: LONG_AGO }, {}], 1],
    ['is the least recently used', [{ length: 900 }, { length: 900, lastUsed: LONG_AGO }], 1],
    [
      'is not one that shares mere template',
      [
        { length: 900, kept: 20 },
        { length: 900, lastUsed: LONG_AGO },
      ],
      1,
    ],
    [
      'is an empty one that copies the prefix, if another conversation continues it',
      [{ length: 9000, promptLength: 9000, kept: 5000 }, {}],
      1,
    ],
    [
      'is the one with most of the prefix if none is empty',
      [
        { length: 900, lastUsed: LONG_AGO },
        { length: 9000, promptLength: 9000, kept: 5000 },
      ],
      1,
    ],
    [
      'is its own where only the answer is gone, with its thinking',
      [{}, { length: 3000, promptLength: 1000, kept: 1000 }],
      1,
    ],
  ];
  it.each(rows)('%s', (_title, slots, chosen) => {
    const asking = { session: {}, promptLength: 1000, now: NOW };
    expect(chooseSlot(slots.map(slot), asking)).toBe(chosen);
  });

  it.each<[string, SessionKey, readonly Partial<SlotView>[], number]>([
    [
      'of two that share as much, the session’s own',
      main,
      [
        { length: 900, kept: 800, session: { session: 'other' }, lastUsed: LONG_AGO },
        { length: 900, kept: 800, session: main },
      ],
      1,
    ],
    [
      'an agent’s own, not its session’s',
      agent,
      [
        { length: 900, kept: 800, session: main, lastUsed: LONG_AGO },
        { length: 900, kept: 800, session: agent },
      ],
      1,
    ],
    [
      'not one of another session that would lose its tail',
      main,
      [
        { length: 900, kept: 800, promptLength: 900, session: { session: 'other' } },
        { length: 900, lastUsed: LONG_AGO },
      ],
      1,
    ],
    [
      'the session’s own, though an empty one is there',
      main,
      [{}, { length: 9000, kept: 5000, promptLength: 9000, session: main }],
      1,
    ],
  ])('prefers %s', (_title, session, slots, chosen) => {
    expect(chooseSlot(slots.map(slot), { session, promptLength: 1000, now: NOW })).toBe(chosen);
  });
});

describe('a long state', () => {
  covers('R6.1-spared');

  const long = slot({ length: 30_000, lastUsed: NOW - 1000 });
  const short = slot({ length: 500, lastUsed: NOW });
  it.each([
    ['is spared by a short prompt', [long, short], 100, 1],
    ['is overwritten by a long prompt', [long, short], 20_000, 0],
    ['is overwritten once it is old', [{ ...long, lastUsed: LONG_AGO }, short], 100, 0],
    ['is overwritten if the others are as long', [long, { ...long, lastUsed: NOW }], 100, 0],
  ])('%s', (_title, slots, promptLength, chosen) => {
    expect(chooseSlot(slots, { session: {}, promptLength, now: NOW })).toBe(chosen);
  });
});

describe('a state that is given up', () => {
  covers('R6.2-saved');

  it.each<[string, Partial<SlotView>, SessionKey, boolean]>([
    ['is kept where another conversation takes its slot', { length: 900, kept: 10 }, {}, true],
    ['is not where its conversation goes on', { length: 900, kept: 899 }, {}, false],
    [
      'is not where only its answer is lost',
      { length: 900, promptLength: 500, kept: 499 },
      {},
      false,
    ],
    [
      'is kept if a short prompt shares only the beginning of the template',
      { length: 70, promptLength: 45, kept: 25 },
      {},
      true,
    ],
    [
      'is where a side request of its session takes it',
      { length: 900, kept: 100, session: main },
      main,
      true,
    ],
    [
      'is not where its session changes its end',
      { length: 900, kept: 700, session: main },
      main,
      false,
    ],
  ])('%s', (_title, view, session, lossy) => {
    expect(isLossy(slot({ promptLength: 900, ...view }), session)).toBe(lossy);
  });

  const cost = { bytes: 1000, bytesPerMs: 100, limitBytes: 5000 };
  it.each([
    ['is worth more than it costs', 100, 1, cost, true],
    ['is evaluated sooner than it is read', 100, 10, cost, false],
    ['has no known worth before a rate was measured', 100, undefined, cost, false],
    ['is larger than all files may be', 100, 1, { ...cost, limitBytes: 999 }, false],
  ])('%s', (_title, lost, rate, its, worth) => {
    expect(isWorthSaving(lost, rate, its)).toBe(worth);
  });
});

describe('the beginning of a prompt', () => {
  covers('R6.2-source');

  const saved = (kept: number, milliseconds = 10) => ({ kept, milliseconds });
  it.each([
    ['stays in its slot', { own: 900, slots: [900, 910], saved: [saved(905)] }, { kind: 'own' }],
    [
      'is forked where another slot has more',
      { own: 0, slots: [0, 500, 400], saved: [] },
      { kind: 'fork', index: 1 },
    ],
    [
      'is loaded where a file has more',
      { own: 20, slots: [20, 30], saved: [saved(90), saved(800)] },
      { kind: 'saved', index: 1 },
    ],
    [
      'is forked where a file has no more',
      { own: 0, slots: [0, 500], saved: [saved(500)] },
      { kind: 'fork', index: 1 },
    ],
    [
      'is evaluated where that is faster than reading',
      { own: 0, slots: [0], saved: [saved(800, 500)] },
      { kind: 'own' },
    ],
  ])('%s', (_title, prefixes, source) => {
    expect(choosePrefix(prefixes, 2)).toEqual(source);
  });
});

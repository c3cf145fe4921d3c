import { expect, it } from 'vitest';
import { inOrderOfRemoval } from '../../../../src/backends/local/states/budget.ts';
import type { StoredState } from '../../../../src/backends/local/states/record.ts';

function stored(stem: string, sessions: readonly string[], isHeld = false): StoredState {
  const record = {
    version: 1,
    model: 'mini',
    context: '',
    tokens: 1,
    bytes: 1,
    checksum: 0,
  } as const;
  const rest = { transcripts: [], sessions: [...sessions], isHeld, seconds: 0 };
  return { stem, record: { ...record, ...rest }, lastUsed: new Date() };
}

it('gives up conversations first, then shared prefixes, then breakpoints, and the newest last', () => {
  const states = [
    stored('breakpoint', ['a'], true),
    stored('shared', ['a', 'b']),
    stored('old conversation', ['a']),
    stored('conversation', []),
    stored('newest', []),
  ];
  expect(inOrderOfRemoval(states).map(({ stem }) => stem)).toEqual([
    'old conversation',
    'conversation',
    'shared',
    'breakpoint',
    'newest',
  ]);
});

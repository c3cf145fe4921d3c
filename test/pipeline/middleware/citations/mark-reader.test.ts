import { describe, expect, it } from 'vitest';
import type { Citation } from '../../../../src/core/citation.ts';
import type { GenerationEvent } from '../../../../src/core/events.ts';
import { mergeDeltas } from '../../../../src/output/merge-deltas.ts';
import { MarkReader } from '../../../../src/pipeline/middleware/citations/mark-reader.ts';
import type { MarkedRange } from '../../../../src/pipeline/middleware/citations/mark-reader.ts';

/** Citations of a document with 9 blocks. */
function citationOf({ first, last }: MarkedRange): Citation | undefined {
  if (first < 1 || last > 9 || first > last) return undefined;
  return { kind: 'blocks', document: 0, start: first - 1, end: last, citedText: 'x' };
}

interface Read {
  readonly shown: readonly (string | readonly [string, ...string[]])[];
  readonly dropped: number;
}

function read(pieces: readonly string[]): Read {
  const reader = new MarkReader(citationOf);
  const events: GenerationEvent[] = [];
  for (const piece of pieces) events.push(...reader.push(piece));
  events.push(...reader.end());
  const shown = mergeDeltas(events).map((event) => {
    if (event.type === 'text-delta') return event.text;
    if (event.type !== 'cited-text') throw new Error(`unexpected: ${event.type}`);
    const { text, citations } = event;
    const ranges = citations.map(({ start, end }) => `${start}-${end}`);
    return [text, ...ranges] as const;
  });
  return { shown, dropped: reader.dropped };
}

const TEXTS: readonly (readonly [string, string, Read['shown'], number])[] = [
  [
    'no marks',
    'A is b. C is d [1], [^0-9] and x[^a].',
    ['A is b. C is d [1], [^0-9] and x[^a].'],
    0,
  ],
  ['a mark after a sentence', 'A is b.[^1] Next.', [['A is b.', '0-1'], ' Next.'], 0],
  ['a mark before the end', 'A is b [^1]. Next.', [['A is b', '0-1'], '. Next.'], 0],
  ['only the last sentence', 'A. B! C is d. [^2]', ['A. B! ', ['C is d.', '1-2']], 0],
  ['a line', '- one\n- two[^2]\n', ['- one\n', ['- two', '1-2'], '\n'], 0],
  ['several marks', 'A.[^1] [^3][^1] B', [['A.', '0-1', '2-3'], ' B'], 0],
  ['lists and ranges', 'A.[^1, 3-5]B', [['A.', '0-1', '2-5'], 'B'], 0],
  [
    'two passages',
    'A.[^1] B.[^2]',
    [
      ['A.', '0-1'],
      [' B.', '1-2'],
    ],
    0,
  ],
  ['unknown numbers', 'A.[^12][^1] B [^77] c.[^5-3]', [['A.', '0-1'], ' B c.'], 3],
  ['a mark without a passage', '[^1] A. B', [' A. B'], 1],
  ['a mark that is cut off', 'A is b.[^1', ['A is b.'], 0],
  ['an open bracket at the end', 'A is [', ['A is ['], 0],
  ['an abbreviation', 'Well. Mr. A is b.[^1]', ['Well. ', ['Mr. A is b.', '0-1']], 0],
  ['Chinese', '天是蓝的。草是绿的。[^1]好。', ['天是蓝的。', ['草是绿的。', '0-1'], '好。'], 0],
];

describe('the mark reader', () => {
  it.each(TEXTS)('reads %s, in every cut', (_, text, shown, dropped) => {
    const expected = { shown, dropped };
    expect(read([text])).toEqual(expected);
    expect(read(text.split(''))).toEqual(expected);
    for (let at = 0; at <= text.length; at += 1) {
      expect(read([text.slice(0, at), text.slice(at)])).toEqual(expected);
    }
  });

  it('sends a sentence as soon as the next one begins', () => {
    const reader = new MarkReader(citationOf);
    expect([...reader.push('A is b. ')]).toEqual([]);
    expect([...reader.push('C')]).toEqual([{ type: 'text-delta', text: 'A is b. ' }]);
  });

  it('sends a text without sentences in time', () => {
    const reader = new MarkReader(citationOf);
    const sent = [...reader.push('x'.repeat(10_000))].map((event) =>
      event.type === 'text-delta' ? event.text.length : 0,
    );
    expect(sent.reduce((sum, length) => sum + length, 0)).toBeGreaterThan(7000);
  });

  it.each([' ', '\n', '[^1', '[^', '[^99]', '. '])(
    'reads 200,000 of %j in linear time',
    (piece) => {
      const started = process.cpuUsage();
      read([piece.repeat(200_000 / piece.length)]);
      expect(process.cpuUsage(started).user).toBeLessThan(3_000_000);
    },
  );
});

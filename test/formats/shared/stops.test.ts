import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStopMatcher } from '../../../src/formats/shared/stops.ts';
import { cpuMillisecondsOf } from '../../support/cpu-time.ts';
import { cut } from '../../support/cut.ts';
import { propertyRuns } from '../../support/property-runs.ts';
import { covers } from '../../support/covers.ts';

function run(pieces: readonly string[], stops: readonly string[]) {
  const matcher = createStopMatcher(stops);
  let text = '';
  for (const piece of pieces) {
    const result = matcher.push(piece);
    text += result.text;
    if (result.stopped !== null) return { text, stopped: result.stopped };
  }
  return { text: text + matcher.flush(), stopped: null };
}

describe('stop strings', () => {
  covers('R2.5-stop', 'R2.5-stop-leak');

  it.each([
    ['none', ['all of it'], [], 'all of it', null],
    ['at the start', ['END of it'], ['END'], '', 'END'],
    ['over three pieces', ['one E', 'N', 'D two'], ['END'], 'one ', 'END'],
    ['begun and not completed', ['one EN', 'd'], ['END'], 'one ENd', null],
    ['begun at the very end', ['one EN'], ['END'], 'one EN', null],
    ['the one that is complete first', ['abcdef'], ['cdef', 'bc'], 'a', 'bc'],
    ['the longer of two that end together', ['xabc'], ['bc', 'abc'], 'x', 'abc'],
    ['one that overlaps itself', ['aa', 'ab'], ['aab'], 'a', 'aab'],
    ['an empty one, which means nothing', ['text'], [''], 'text', null],
  ])('%s', (_title, pieces, stops, text, stopped) => {
    expect(run(pieces, stops)).toEqual({ text, stopped });
  });

  it('gives the same for every way to cut the text', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30 });
    const stops = fc.array(
      fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 }),
      {
        maxLength: 3,
      },
    );
    fc.assert(
      fc.property(word, stops, fc.array(fc.nat(30), { maxLength: 8 }), (text, wanted, cuts) => {
        const whole = run([text], wanted);
        expect(run(cut(text, cuts), wanted)).toEqual(whole);
        const shown = whole.text;
        expect(wanted.filter((stop) => shown.includes(stop))).toEqual([]);
        expect(text.startsWith(shown + (whole.stopped ?? ''))).toBe(true);
      }),
      { numRuns: propertyRuns(2000) },
    );
  });
});

describe('the search for stop strings takes time that grows with the text only', () => {
  const many = (middle: (index: number) => string) =>
    Array.from({ length: 1000 }, (_, i) => middle(i));

  it.each([
    ['alike at their start', 'a', many((index) => `${'a'.repeat(30)}c${index}${'a'.repeat(30)}`)],
    ['of one letter', 'a', [`${'a'.repeat(30_000)}c${'a'.repeat(30_000)}`]],
    ['words', 'the quick brown fox ', many((index) => `x${index} the quick brown fox jumps`)],
    ['nearly the text', 'ab', many((index) => `${'ab'.repeat(25)}${index}`)],
  ])('for stop strings %s', (_what, piece, stops) => {
    const text = piece.repeat(200_000 / piece.length);
    for (const pieces of [[text], text.match(/.{1,50}/g) ?? []]) {
      let result;
      expect(cpuMillisecondsOf(() => (result = run(pieces, stops)))).toBeLessThan(2000);
      expect(result).toEqual({ text, stopped: null });
    }
  });
});

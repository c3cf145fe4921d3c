import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStopMatcher } from '../../../src/formats/shared/stops.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';
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

describe('the stop matcher', () => {
  covers('R2.5-stop', 'R2.5-stop-leak');

  it.each([
    ['no stop string', ['all of it'], [], 'all of it', null],
    ['a stop string at the start', ['END of it'], ['END'], '', 'END'],
    ['one across three chunks', ['one E', 'N', 'D two'], ['END'], 'one ', 'END'],
    ['one that is not completed', ['one EN', 'd'], ['END'], 'one ENd', null],
    ['one that is cut off at the end', ['one EN'], ['END'], 'one EN', null],
    ['the one that is complete first', ['abcdef'], ['cdef', 'bc'], 'a', 'bc'],
    ['the longer of two that end together', ['xabc'], ['bc', 'abc'], 'x', 'abc'],
    ['one that overlaps itself', ['aa', 'ab'], ['aab'], 'a', 'aab'],
    ['an empty one, which is ignored', ['text'], [''], 'text', null],
  ])('handles %s', (_title, pieces, stops, text, stopped) => {
    expect(run(pieces, stops)).toEqual({ text, stopped });
  });

  it('has the same result for all chunks', () => {
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

describe('the time of the stop matcher', () => {
  const many = (middle: (index: number) => string) =>
    Array.from({ length: 1000 }, (_, i) => middle(i));

  it.each([
    ['with a common prefix', 'a', many((index) => `${'a'.repeat(30)}c${index}${'a'.repeat(30)}`)],
    ['of one letter', 'a', [`${'a'.repeat(30_000)}c${'a'.repeat(30_000)}`]],
    ['of words', 'the quick brown fox ', many((index) => `x${index} the quick brown fox jumps`)],
    ['that are almost in the text', 'ab', many((index) => `${'ab'.repeat(25)}${index}`)],
  ])('grows with the text only for stop strings %s', (_what, piece, stops) => {
    const text = piece.repeat(200_000 / piece.length);
    for (const pieces of [[text], text.match(/.{1,50}/g) ?? []]) {
      let result;
      expect(cpuMsOf(() => (result = run(pieces, stops)))).toBeLessThan(2000);
      expect(result).toEqual({ text, stopped: null });
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLight, writeJson } from '../../src/core/json-writer.ts';
import { finish } from '../../src/core/steps.ts';
import { propertyRuns } from '../support/property-runs.ts';
import { covers } from '../support/covers.ts';

function written(value: unknown): readonly string[] {
  const pieces: string[] = [];
  finish(writeJson(value, (piece) => pieces.push(piece)));
  return pieces;
}

const LONG = `${'word "quoted" \n'.repeat(20_000)}\u{1f600}`;

describe('the JSON writer', () => {
  covers('R12.1-writer');

  it('writes a small value as JSON.stringify does, in one piece', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        expect(written(value)).toEqual([JSON.stringify(value)]);
      }),
      { numRuns: propertyRuns(50) },
    );
  });

  it('writes a large value to the same JSON, in pieces', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const large = {
          value,
          text: LONG,
          left: undefined,
          list: [value, LONG, [value], undefined],
        };
        const pieces = written(large);
        expect(pieces.length).toBeGreaterThan(5);
        expect(JSON.parse(pieces.join(''))).toEqual(JSON.parse(JSON.stringify(large)));
      }),
      { numRuns: propertyRuns(50) },
    );
  });

  it.each([0, 1, 2, 3])('keeps a character that two pieces would share, at %i', (before) => {
    const text = 'x'.repeat(before) + '\u{1f600}'.repeat(100_000);
    expect(JSON.parse(written(text).join(''))).toBe(text);
  });

  it('writes many small values in few pieces, and in many steps', () => {
    const list = Array.from({ length: 100_000 }, (_, index) => ({ index }));
    expect(written(list).length).toBeLessThan(50);
    const steps = writeJson(list, () => undefined);
    let count = 0;
    while (steps.next().done !== true) count += 1;
    expect(count).toBeGreaterThanOrEqual(100_000);
  });

  it('recognizes a large value without reading all of it', () => {
    expect(isLight({ a: ['x'.repeat(1000)] })).toBe(true);
    expect(isLight(['x'.repeat(100_000)])).toBe(false);
    expect(isLight(Array.from({ length: 5000 }, () => 0))).toBe(false);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases, documentOf } from './cases.ts';
import { grammarOf, validator } from './compile.ts';
import { Sampler } from './sampler.ts';
import { propertyRuns } from '../support/property-runs.ts';
import { covers } from '../support/covers.ts';

const RUNS = 1000;
const TEXTS = 4;

describe('whatever a grammar admits', () => {
  covers('R3.3-sound', 'R3.D-random-schemas', 'R3.3-objects', 'R3.3-combined', 'R3.3-bounds');

  it('is JSON that is valid against its schema ', () => {
    const random = fc.infiniteStream(fc.noBias(fc.nat(9999)));
    fc.assert(
      fc.property(cases, random, (one, numbers) => {
        const schema = documentOf(one);
        const { grammar, reasons } = grammarOf(schema);
        expect(reasons).toEqual([]);
        const isValid = validator(schema);
        for (const value of one.samples) expect(isValid(value)).toBe(true);
        const sampler = new Sampler(grammar);
        for (let count = 0; count < TEXTS; count++) {
          const text = sampler.sample(() => (numbers.next().value ?? 0) / 10_000);
          if (!isValid(JSON.parse(text)))
            expect.fail(
              `${text} is not valid against ${JSON.stringify(schema)}: ${JSON.stringify(isValid.errors)}`,
            );
        }
      }),
      { numRuns: propertyRuns(RUNS) },
    );
  });
});

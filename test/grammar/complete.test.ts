import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGrammar } from '../formats/native-grammar.ts';
import { cases, documentOf } from './cases.ts';
import { grammarOf, layouts } from './compile.ts';
import { propertyRuns } from '../support/property-runs.ts';
import { covers } from '../support/covers.ts';

const RUNS = 700;

describe('values that are valid against a schema', () => {
  covers('R3.3-complete', 'R3.D-random-schemas', 'R3.3-values');

  it('are admitted by its grammar, however they are laid out ', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        const schema = documentOf(one);
        const { grammar, reasons } = grammarOf(schema);
        expect(reasons).toEqual([]);
        const admits = await compileGrammar(grammar);
        for (const sample of one.samples) {
          for (const text of layouts(sample))
            if (!admits(text))
              expect.fail(`${text} is not admitted by ${JSON.stringify(schema)}:\n${grammar}`);
        }
      }),
      { numRuns: propertyRuns(RUNS) },
    );
  });
});

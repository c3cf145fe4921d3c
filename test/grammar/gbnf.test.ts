import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GrammarRules } from '../../src/grammar/gbnf.ts';
import { textWithout } from '../../src/grammar/text-without.ts';
import { compileGrammar } from '../formats/native-grammar.ts';
import { propertyRuns } from '../support/property-runs.ts';
import { covers } from '../support/covers.ts';

describe('text without an excluded text', () => {
  covers('R3.3-sound', 'R3.3-complete');

  it.each(['</p>', '<|"|>', 'aab', 'a[^]-\\b', '</｜x｜>', '\n\n'])(
    'is admitted exactly if it excludes %j',
    async (forbidden) => {
      const rules = new GrammarRules();
      const root = textWithout(rules, forbidden);
      const admits = await compileGrammar(rules.write(root));
      const piece = fc.constantFrom(...Array.from(forbidden), '<', ' ', 'x', '世', forbidden);
      fc.assert(
        fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
          const text = pieces.join('');
          expect(admits(text)).toBe(!text.includes(forbidden));
        }),
        { numRuns: propertyRuns(300) },
      );
    },
  );
});

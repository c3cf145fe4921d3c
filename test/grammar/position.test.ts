import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lazyRules } from '../../src/grammar/gbnf-parser.ts';
import { OneLineLayout } from '../../src/grammar/layout.ts';
import { GrammarPosition } from '../../src/grammar/position.ts';
import { propertyRuns } from '../support/property-runs.ts';
import { cases, documentOf } from './cases.ts';
import { grammarOf } from './compile.ts';
import { Sampler } from './sampler.ts';

const RUNS = 300;

function positionIn(gbnf: string, text = ''): GrammarPosition {
  const position = new GrammarPosition(lazyRules(gbnf));
  position.accept(text);
  return position;
}

describe('the forced text of a grammar', () => {
  it.each<[string, string, string, string]>([
    ['a literal', 'root ::= "{\\"name\\": " [a-z]', '', '{"name": '],
    ['the rest of a literal', 'root ::= "hello"', 'he', 'llo'],
    ['a rule in a rule', 'root ::= one one\none ::= "ab"', 'a', 'bab'],
    ['the common beginning of a choice', 'root ::= "get_time" | "get_weather"', '', 'get_'],
    ['characters outside the first plane', 'root ::= "😀é" [a]', '', '😀é'],
    ['a repetition that must go on', 'root ::= "ab"{2,3} "c"', 'a', 'bab'],
    ['nothing before a class', 'root ::= [a-c] "d"', '', ''],
    ['nothing where the text may end', 'root ::= "a" "b"?', 'a', ''],
    ['nothing after text that is not accepted', 'root ::= "ab" "c"', 'x', ''],
    ['nothing of rules that are missing', 'root ::= "ab" missing', 'ab', ''],
    ['nothing of rules that can not be parsed', 'root ::= .*', '', ''],
    ['nothing of a rule without an end', 'root ::= root "a"', '', ''],
  ])('is %s', (_name, gbnf, text, forced) => {
    expect(positionIn(gbnf, text).forced).toBe(forced);
  });

  it('is found after 5,000 optional parts, or not at all, at once', () => {
    const optional = Array.from({ length: 5000 }, (_, index) => `"k${index}"?`).join(' ');
    expect(positionIn(`root ::= ${optional} "end"`).forced).toBe('');
  });

  it('contains one layout of white space, if it is given one', () => {
    const gbnf = `root ::= "{" space "\\"a\\"" colon [0-9]\nspace ::= " "?\ncolon ::= ":" " "?`;
    const position = new GrammarPosition(lazyRules(gbnf), new OneLineLayout());
    expect(position.forced).toBe('{"a": ');
    position.accept('{ ');
    expect(position.forced).toBe('"a": ');
    position.accept('"a":');
    expect(position.forced).toBe('');
  });

  it('is a prefix of what every text of the grammar continues with', () => {
    const random = fc.infiniteStream(fc.noBias(fc.nat(9999)));
    let total = 0;
    fc.assert(
      fc.property(cases, random, (one, numbers) => {
        const { grammar } = grammarOf(documentOf(one));
        const text = new Sampler(grammar).sample(() => (numbers.next().value ?? 0) / 10_000);
        const position = positionIn(grammar);
        let rest = text;
        for (const character of text) {
          expect(rest.startsWith(position.forced)).toBe(true);
          total += position.forced.length;
          position.accept(character);
          rest = rest.slice(character.length);
        }
        expect(position.forced).toBe('');
      }),
      { numRuns: propertyRuns(RUNS) },
    );
    expect(total).toBeGreaterThan(RUNS);
  });
});

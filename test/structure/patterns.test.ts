import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { cpuMsOf } from '../support/cpu-time.ts';
import { sourceFiles, walk } from './source-files.ts';
import { covers } from '../support/covers.ts';

/** Repeated characters with which patterns were slow: white space, digits, letters, marks. */
const CHARACTERS = Array.from(' \n\t0aA-_=/.`<"\'%,[{(:');

/** Ends at which a pattern that has read everything so far fails. */
const ENDS = ['\0', '\n', '\0/'];

/** Lengths of the texts. From one to the next linear work takes four times as long, quadratic 16 times. */
const LENGTHS = [250, 1000, 4000, 16_000];

const FACTOR = 8;

/** Less CPU time is not measured well, and slows down no one. */
const SHORT_MS = 8;

/** Texts that a pattern may be slow on: its own words and characters, repeated. */
function* attacksOn(source: string): Generator<(length: number) => string> {
  const plain = source.replaceAll(/\\[bBdDsSwWnrtux]/g, '\0').replaceAll(/\\(.)/g, '$1');
  const words = plain.match(/[\w<>/ `"'=:;-]{2,}/g)?.slice(0, 8) ?? [];
  for (const start of new Set(['', 'x', words[0] ?? ''])) {
    for (const piece of new Set([...CHARACTERS, ...words])) {
      for (const end of ENDS) {
        yield (length) => start + piece.repeat(Math.ceil(length / piece.length)) + end;
      }
    }
  }
}

function msOf(pattern: RegExp, text: string): number {
  return cpuMsOf(() => {
    // All matches, as in a replacement.
    if (pattern.global) text.replaceAll(pattern, '');
    else pattern.test(text);
  });
}

/** The least of several measurements: some are longer than the work, as code is compiled or memory collected. */
function leastOf(pattern: RegExp, text: string): number {
  return Math.min(...[1, 2, 3, 4, 5].map(() => msOf(pattern, text)));
}

/** The beginning of a text on which a pattern takes time that grows faster than the text, if there is one. */
function slowText(pattern: RegExp): string | undefined {
  for (const attack of attacksOn(pattern.source)) {
    let shorter = '';
    let before = 0;
    for (const text of LENGTHS.map(attack)) {
      let took = msOf(pattern, text);
      if (took > SHORT_MS && took > before * FACTOR) {
        took = leastOf(pattern, text);
        before = leastOf(pattern, shorter);
        if (took > SHORT_MS && took > before * FACTOR) return text.slice(0, 40);
      }
      shorter = text;
      before = took;
    }
  }
  return undefined;
}

function patternOf(literal: string): RegExp {
  const end = literal.lastIndexOf('/');
  return new RegExp(literal.slice(1, end), literal.slice(end + 1).replace('y', ''));
}

describe('patterns take time that grows with the text only', () => {
  covers('R12.1-first');

  it.each([/\s+$/, /^\s*x/m, /"(.*)"x/, /a+b?a+$/])('which is measured: %s is slow', (pattern) => {
    expect(slowText(pattern)).toBeDefined();
  });

  it('in all of the source', () => {
    const slow: string[] = [];
    for (const file of sourceFiles('src')) {
      walk(file.tree, (node) => {
        if (!ts.isRegularExpressionLiteral(node)) return;
        const text = slowText(patternOf(node.text));
        if (text === undefined) return;
        const { line } = file.tree.getLineAndCharacterOfPosition(node.getStart());
        slow.push(`${file.path}:${line + 1} ${node.text} on ${JSON.stringify(text)}`);
      });
    }
    expect(slow).toEqual([]);
  });
});

import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { REQUIREMENTS } from '../spec/requirements.ts';
import { citationsOf, idsInTitles } from './citations.ts';
import { covers } from '../support/covers.ts';
import { sourceFiles } from './source-files.ts';

const known = REQUIREMENTS.map(({ id }) => id);
const tests = sourceFiles('test').filter(({ path }) => path.endsWith('.test.ts'));
const citations = tests.flatMap(citationsOf);

describe('requirements', () => {
  covers('R2.T-cited');

  it('have one well-formed id each', () => {
    expect(known.filter((id) => !/^R\d+\.(\d+|T|D)-[a-z0-9-]+$/.test(id))).toEqual([]);
    expect(known.filter((id, index) => known.indexOf(id) !== index)).toEqual([]);
  });

  it('are each cited by a test', () => {
    const cited = new Set(citations.map(({ id }) => id));
    expect(known.filter((id) => !cited.has(id))).toEqual([]);
  });

  it('are known where a test cites them', () => {
    expect(citations.filter(({ id }) => !known.includes(id))).toEqual([]);
  });

  it('are in no title', () => {
    const titled = tests.filter(({ path }) => !path.endsWith('structure/citations.test.ts'));
    expect(titled.flatMap(idsInTitles)).toEqual([]);
  });

  it('are read from calls of covers', () => {
    const text = `
      describe('both', () => {
        covers('R9.1-a', 'R9.1-b');
      });
      covers('R9.1-c');
      other('R9.1-d');
    `;
    const tree = ts.createSourceFile('x.test.ts', text, ts.ScriptTarget.Latest, true);
    const ids = citationsOf({ path: 'x.test.ts', text, tree }).map(({ id }) => id);
    expect(ids).toEqual(['R9.1-a', 'R9.1-b', 'R9.1-c']);
  });

  it('are found in titles', () => {
    const text = "it('[R9.1-a] is told', () => {});";
    const tree = ts.createSourceFile('x.test.ts', text, ts.ScriptTarget.Latest, true);
    expect(idsInTitles({ path: 'x.test.ts', text, tree })).toHaveLength(1);
  });
});

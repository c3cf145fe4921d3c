import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { REQUIREMENTS } from '../spec/requirements.ts';
import { citationsOf } from './citations.ts';
import { sourceFiles } from './source-files.ts';

const known = REQUIREMENTS.map(({ id }) => id);
const citations = sourceFiles('test')
  .filter(({ path }) => path.endsWith('.test.ts'))
  .flatMap(citationsOf);

describe('[R2.T-cited] requirements', () => {
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

  it('are read from every form of title', () => {
    const text = `
      describe('[R9.1-a] [R9.1-b] both', () => {});
      it.each([['x']])(\`[R9.1-c] \${name}\`, () => {});
      it.skipIf(away)("[R9.1-d] d", () => {});
      other('[R9.1-e] no test');
      it('no title', () => expect('[R9.1-f]'));
    `;
    const tree = ts.createSourceFile('x.test.ts', text, ts.ScriptTarget.Latest, true);
    const ids = citationsOf({ path: 'x.test.ts', text, tree }).map(({ id }) => id);
    expect(ids).toEqual(['R9.1-a', 'R9.1-b', 'R9.1-c', 'R9.1-d']);
  });
});

import { describe, expect, it } from 'vitest';
import type { Citation } from '../../../../src/core/citation.ts';
import type { DocumentPart, SearchResultPart } from '../../../../src/core/conversation.ts';
import { finish } from '../../../../src/core/steps.ts';
import { Marks } from '../../../../src/pipeline/middleware/citations/marks.ts';

const pages: DocumentPart = {
  kind: 'document',
  source: {
    kind: 'pages',
    pages: ['Grass is green. Snow is white.', '', 'Coal'],
    fileId: 'file_1',
  },
  citations: true,
};
const result: SearchResultPart = {
  kind: 'search-result',
  source: 's',
  title: 't',
  content: [{ kind: 'text', text: 'Same.' }],
  citations: true,
};
const text: DocumentPart = {
  kind: 'document',
  source: { kind: 'text', text: 'Same. Same. 😀 A is b. ' },
  title: 'T',
  citations: true,
};
const marks = finish(Marks.of([pages, result, text]));

describe('the marks of a request', () => {
  it.each([
    [1, 1, { kind: 'pages', document: 0, start: 1, end: 2, citedText: 'Grass is green.' }],
    [2, 3, { kind: 'pages', document: 0, start: 1, end: 4, citedText: 'Snow is white.Coal' }],
    [4, 4, { kind: 'search-result', result: 0, start: 0, end: 1, citedText: 'Same.' }],
    [5, 6, { kind: 'characters', document: 1, start: 0, end: 11, citedText: 'Same. Same.' }],
    [6, 6, { kind: 'characters', document: 1, start: 6, end: 11, citedText: 'Same.' }],
    [7, 7, { kind: 'characters', document: 1, start: 12, end: 21, citedText: '😀 A is b.' }],
  ])('%i to %i lead to a citation, and the citation leads back', (first, last, expected) => {
    const citation = marks.citation({ first, last });
    expect(citation).toMatchObject(expected);
    const mark = first === last ? `[^${first}]` : `[^${first}-${last}]`;
    expect(citation && marks.markOf(citation)).toBe(mark);
  });

  it.each([
    [0, 0],
    [8, 8],
    [2, 1],
    [3, 4],
    [1, 99],
  ])('%i to %i lead to none', (first, last) => {
    expect(marks.citation({ first, last })).toBeUndefined();
  });

  it('lead to the file and the title of a document', () => {
    expect(marks.citation({ first: 1, last: 1 })).toMatchObject({ fileId: 'file_1' });
    expect(marks.citation({ first: 5, last: 5 })).toMatchObject({ title: 'T' });
  });

  const same = { document: 1, start: 0, end: 5, citedText: 'Same.' };
  it.each<Citation>([
    { kind: 'characters', ...same, citedText: 'Other.' },
    { kind: 'characters', ...same, start: 3 },
    { kind: 'pages', ...same, document: 9 },
  ])('are empty for a citation of what is not in the request: %o', (citation) => {
    expect(marks.markOf(citation)).toBe('');
  });

  it('follow the passages of a source', () => {
    expect(marks.write(pages)).toMatchObject({
      source: { pages: ['Grass is green.[^1] Snow is white.[^2]', '', 'Coal[^3]'] },
    });
    expect(marks.write(text)).toMatchObject({
      source: { text: 'Same.[^5] Same.[^6] 😀 A is b.[^7] ' },
    });
  });
});

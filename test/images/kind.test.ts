import { describe, expect, it } from 'vitest';
import { kindOf } from '../../src/images/kind.ts';
import { halves } from '../support/pictures.ts';
import { covers } from '../support/covers.ts';

describe('the detection of a picture’s kind', () => {
  covers('R4.5-magic');

  it.each(['png', 'jpeg', 'gif', 'webp'] as const)(
    'recognizes %s by its first bytes',
    async (kind) => {
      expect(kindOf(await halves(8, 8).toFormat(kind).toBuffer())).toBe(kind);
    },
  );

  it.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['HTML', '<!doctype html><img src="x.png">'],
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ['a PDF', '%PDF-1.7'],
    ['audio', 'RIFF\0\0\0\0WAVEfmt '],
    ['half a signature', '\x89PN'],
    ['a picture after other bytes', ' \x89PNG\r\n\x1a\n'],
  ])('recognizes no picture in %s', (_what, text) => {
    expect(kindOf(Buffer.from(text, 'latin1'))).toBeUndefined();
  });
});

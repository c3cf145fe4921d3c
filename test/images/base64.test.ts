import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64 } from '../../src/images/base64.ts';
import { covers } from '../support/covers.ts';

describe('base64', () => {
  covers('R4.5-damaged');

  it('gives back all bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        const decoded = decodeBase64(Buffer.from(bytes).toString('base64'));
        expect(Buffer.from(decoded ?? []).equals(bytes)).toBe(true);
      }),
    );
  });

  it.each([
    ['broken into lines', '+/+/\n+/8=\n'],
    ['of the alphabet for URLs', '-_-_-_8='],
    ['without its padding', '+/+/+/8'],
  ])('may be %s', (_how, text) => {
    expect(Buffer.from(decodeBase64(text) ?? []).toString('base64')).toBe('+/+/+/8=');
  });

  it.each(['', ' ', 'data:image/png;base64,AAAA', 'AAAA!', 'AA=A', 'A', 'AAAAA', '<html>'])(
    'is not %j',
    (text) => {
      expect(decodeBase64(text)).toBeUndefined();
    },
  );
});

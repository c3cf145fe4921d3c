import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64 } from '../../src/images/base64.ts';
import { covers } from '../support/covers.ts';

describe('the base64 decoder', () => {
  covers('R4.5-damaged');

  it('returns all bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        const decoded = decodeBase64(Buffer.from(bytes).toString('base64'));
        expect(Buffer.from(decoded ?? []).equals(bytes)).toBe(true);
      }),
    );
  });

  it.each([
    ['with line breaks', '+/+/\n+/8=\n'],
    ['in the URL alphabet', '-_-_-_8='],
    ['without padding', '+/+/+/8'],
  ])('accepts text %s', (_how, text) => {
    expect(Buffer.from(decodeBase64(text) ?? []).toString('base64')).toBe('+/+/+/8=');
  });

  it.each(['', ' ', 'data:image/png;base64,AAAA', 'AAAA!', 'AA=A', 'A', 'AAAAA', '<html>'])(
    'refuses %j',
    (text) => {
      expect(decodeBase64(text)).toBeUndefined();
    },
  );
});

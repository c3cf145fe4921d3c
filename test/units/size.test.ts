import { describe, expect, it } from 'vitest';
import { formatSize, parseSize } from '../../src/units/size.ts';
import { covers } from '../support/covers.ts';

describe('sizes', () => {
  covers('R2.10-shape');

  it.each([
    ['18.6 GB', 18_600_000_000],
    ['2.2MB', 2_200_000],
    ['512 MiB', 536_870_912],
    ['1 tb', 1e12],
    ['1234', 1234],
    ['7 b', 7],
  ])('%s is %i bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', 'big', '-1 GB', '1 parsec', 'GB', '1,5 GB'])('%o is none', (text) => {
    expect(parseSize(text)).toBeUndefined();
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [2_210_112, '2.21 MB'],
    [18_600_000_000, '18.6 GB'],
    [115e9, '115 GB'],
    [999_990_000, '1 GB'],
    [2.5e12, '2.5 TB'],
  ])('%i bytes are written %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });
});

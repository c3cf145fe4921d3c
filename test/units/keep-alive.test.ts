import { describe, expect, it } from 'vitest';
import { parseKeepAlive } from '../../src/units/keep-alive.ts';
import { covers } from '../support/covers.ts';

describe('a keep-alive', () => {
  covers('R4.1-keep-alive');

  it.each([
    ['5m', 300_000],
    ['300', 300_000],
    ['1.5', 1500],
    ['0', 0],
    ['0s', 0],
    ['-0', 0],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['1.5h', 5_400_000],
    ['2d', 172_800_000],
    [' 10S ', 10_000],
    ['-1', 'always'],
    ['-5m', 'always'],
    ['Always', 'always'],
  ])('%o is %o', (text, expected) => {
    expect(parseKeepAlive(text)).toBe(expected);
  });

  it.each([
    '',
    '-',
    'm',
    '5 weeks',
    '10 s',
    '1e3',
    'forever',
    '5m!',
    '5m3',
    '--1',
    'NaN',
    'Infinity',
  ])('%o is none', (text) => {
    expect(parseKeepAlive(text)).toBeUndefined();
  });
});

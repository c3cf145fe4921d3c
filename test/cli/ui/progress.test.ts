import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createProgress } from '../../../src/cli/ui/progress.ts';
import { formatDuration, progressBar, progressText } from '../../../src/cli/ui/progress-text.ts';
import { RateMeter } from '../../../src/cli/ui/progress.ts';
import { covers } from '../../support/covers.ts';

describe('progressText', () => {
  covers('R4.6-pull-progress');

  it.each([
    [{ done: 0, total: 18.6e9, rate: undefined }, '  0 %  0 B of 18.6 GB'],
    [{ done: 8.4e9, total: 18.6e9, rate: 85e6 }, ' 45 %  8.4 GB of 18.6 GB  85 MB/s  2 min left'],
    [{ done: 18.6e9, total: 18.6e9, rate: 85e6 }, '100 %  18.6 GB of 18.6 GB  85 MB/s'],
    [{ done: 5e6, total: 10e6, rate: 0 }, ' 50 %  5 MB of 10 MB  0 B/s'],
    [{ done: 5e6, total: undefined, rate: 1e6 }, '5 MB  1 MB/s'],
    [{ done: 9_999, total: 10_000, rate: undefined }, ' 99 %  10 kB of 10 kB'],
  ])('%o', (progress, text) => {
    expect(progressText(progress)).toBe(text);
  });

  it.each([
    [0.2, '1 s'],
    [89, '89 s'],
    [90, '2 min'],
    [3600, '60 min'],
    [11_100, '3 h 05 min'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it.each([40, 60, 80, 200])('fits a bar in %d columns', (columns) => {
    const bar = progressBar('pulling x', { done: 25, total: 100, rate: 1 }, columns);
    expect(bar.length).toBeLessThan(columns);
    expect(bar).toContain('pulling x');
    if (columns >= 80) expect(bar).toMatch(/\[#+\.+\] {2}25 %/);
  });

  it('measures the rate over the last seconds', () => {
    const meter = new RateMeter();
    meter.add(0, 0);
    expect(meter.perSecond).toBeUndefined();
    for (let second = 1; second <= 20; second++) meter.add(second * 1000, second * 1000);
    expect(meter.perSecond).toBe(1000);
    for (let second = 21; second <= 30; second++) meter.add(20_000, second * 1000);
    expect(meter.perSecond).toBe(0);
    meter.add(5, 31_000);
    expect(meter.perSecond).toBeUndefined();
  });
});

describe('progress', () => {
  covers('R4.6-pull-progress');

  function shown(isTTY: boolean): string {
    const stderr = Object.assign(new PassThrough(), { isTTY, columns: 80 });
    const progress = createProgress({ stderr });
    for (let done = 0; done <= 1000; done++) progress.update('pulling x', done, 1000);
    progress.say('a note');
    progress.end();
    return String(stderr.read());
  }

  it('redraws one bar on a terminal', () => {
    const text = shown(true).replaceAll('\r\u001B[K', '^');
    expect(text).toMatch(/^\^pulling x \[\.+\] {3}0 %.*\^a note\n\^pulling x \[#+\] 100 % .*\n$/s);
    expect(text.split('\n')).toHaveLength(3);
  });

  it('prints a line for every tenth elsewhere', () => {
    const lines = shown(false).trimEnd().split('\n');
    expect(lines.map((line) => /^pulling x (\d+) %/.exec(line)?.[1] ?? line)).toEqual([
      '0',
      '10',
      '20',
      '30',
      '40',
      '50',
      '60',
      '70',
      '80',
      '90',
      '100',
      'a note',
    ]);
  });
});

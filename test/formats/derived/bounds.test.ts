import { describe, expect, it } from 'vitest';
import { plain } from '../../../src/formats/plain.ts';
import { NO_TRAITS } from '../../../src/prompt/probe.ts';
import { deriveLayout } from '../../../src/prompt/template-layout.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

const TOKENS = { bos: '', eos: '' };

/** The texts of messages and calls, amid what a hostile template writes. */
function renderer(around: (text: string) => string) {
  let renderings = 0;
  const render = (variables: Readonly<Record<string, unknown>>): string => {
    renderings++;
    const words = JSON.stringify(variables['messages']).match(/PROBE-\w|probe_\w+/g) ?? [];
    return words.map((word) => `${word}${word === 'PROBE-U' ? '' : around(word)}`).join('');
  };
  return { render, count: () => renderings };
}

describe('the derivation of a format', () => {
  it.each([
    ['endless braces', '{'.repeat(3_000)],
    ['nested objects', '{"a":'.repeat(700)],
    ['endless tags', '<a>'.repeat(1_000)],
    ['unfinished tags', '<|'.repeat(1_500)],
    ['words between tokens', '<|a|>b'.repeat(500)],
    ['more than a turn may have', 'x'.repeat(100_000)],
    ['white space', ' \n'.repeat(1_500)],
    ['characters of slots', '\uE000\uE001\uE002'],
  ])('ends soon for %s', (_what, text) => {
    const { render, count } = renderer(() => text);
    const spent = cpuMsOf(() => deriveLayout(render, '', NO_TRAITS, TOKENS));
    expect(spent).toBeLessThan(1_000);
    expect(count()).toBeLessThan(40);
  });

  it('returns nothing for a template that raises, or shows no words', () => {
    const raise = () => {
      throw new Error('No.');
    };
    expect(deriveLayout(raise, '', NO_TRAITS, TOKENS)).toBeUndefined();
    expect(deriveLayout(() => 'Hello', '', NO_TRAITS, TOKENS)).toBeUndefined();
    expect(plain.tools).toBeUndefined();
  });
});

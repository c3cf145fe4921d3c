import { describe, expect, it } from 'vitest';
import { finish } from '../../../../src/core/steps.ts';
import { sentencesOf } from '../../../../src/pipeline/middleware/citations/sentences.ts';

function split(text: string): readonly string[] {
  return finish(sentencesOf(text)).map(({ start, end }) => text.slice(start, end));
}

describe('sentences', () => {
  it.each([
    ['', []],
    [' \n ', []],
    ['A is b. C is d! E?', ['A is b.', 'C is d!', 'E?']],
    ['  One.\r\n\r\nTwo.  ', ['One.', 'Two.']],
    ['Title\n\n- one\n- two', ['Title', '- one', '- two']],
    ['A line that\r\ngoes on\nhere. Next.', ['A line that\r\ngoes on\nhere.', 'Next.']],
    ['Dr. Smith saw Mr. Jones. He left.', ['Dr. Smith saw Mr. Jones.', 'He left.']],
    ['It costs 3.50 in e.g. Rome. Yes.', ['It costs 3.50 in e.g. Rome.', 'Yes.']],
    ['天是蓝的。草是绿的。', ['天是蓝的。', '草是绿的。']],
    ['Ends with Dr.', ['Ends with Dr.']],
  ])('of %j are its own pieces', (text, expected) => {
    expect(split(text)).toEqual(expected);
  });

  it('of a long text without any are bounded', () => {
    const lengths = split('word '.repeat(50_000)).map(({ length }) => length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(20_000);
  });
});

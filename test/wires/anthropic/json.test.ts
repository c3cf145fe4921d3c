import { describe, expect, it } from 'vitest';
import { finish } from '../../../src/core/steps.ts';
import { parseBody } from '../../../src/wires/anthropic/json.ts';
import { refusal } from './decoding.ts';
import { covers } from '../../support/covers.ts';

describe('the parser of request bodies', () => {
  covers('R2.12-table');

  it('parses valid JSON', () => {
    expect(finish(parseBody('{"a":[1,null,"x"]}'))).toEqual({ a: [1, null, 'x'] });
  });

  it.each([
    ['{"a":}', 'unexpected character: line 1 column 6 (char 5)'],
    ['{"a":1,}', 'unexpected character: line 1 column 8 (char 7)'],
    ['{a:1}', 'unexpected character: line 1 column 2 (char 1)'],
    ['{\n  "a": 1\n  "b": 2\n}', 'unexpected character: line 3 column 3 (char 13)'],
    ['[1,2', 'unexpected end of data: line 1 column 5 (char 4)'],
    ['', 'unexpected end of data: line 1 column 1 (char 0)'],
    ['{"a":1} x', 'unexpected content after document: line 1 column 9 (char 8)'],
    ['{"a":1} 2', 'unexpected content after document: line 1 column 9 (char 8)'],
    ['"abc', 'unterminated string: line 1 column 1 (char 0)'],
    ['["\\x"]', 'invalid escaped character in string: line 1 column 3 (char 2)'],
    ['["\\u12g4"]', 'invalid unicode escape in string: line 1 column 3 (char 2)'],
    ['["a\n"]', 'control character in string: line 1 column 4 (char 3)'],
    ['[-]', 'invalid number: line 1 column 2 (char 1)'],
    ['{"a":1 /* b */}', 'unexpected character: line 1 column 8 (char 7)'],
    ["{'a':1}", 'unexpected character: line 1 column 2 (char 1)'],
  ])('refuses %j with the position of the mistake', (text, words) => {
    const failure = refusal(() => finish(parseBody(text)));
    expect([failure.code, failure.message]).toEqual([
      'invalid-request',
      `The request body is not valid JSON: ${words}`,
    ]);
  });

  it('refuses 200,000 nested brackets without reading all of them', () => {
    const depth = 200_000;
    expect(refusal(() => finish(parseBody('['.repeat(depth)))).message).toContain(
      'more than 1000 levels: line 1 column 1001 (char 1000)',
    );
  });
});

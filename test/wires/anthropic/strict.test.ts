import { describe, expect, it } from 'vitest';
import { finish } from '../../../src/core/steps.ts';
import { decodeMessages } from '../../../src/wires/anthropic/decode.ts';
import { bodyWith, decode, refusal, seal, withOwnMessages } from './decoding.ts';

const thinking = { type: 'enabled', budget_tokens: 1024 };
const beginning = (content: unknown) => [
  { role: 'user', content: 'hi' },
  { role: 'assistant', content },
];
const signed = { type: 'thinking', thinking: 'So.', signature: seal.sign('So.') };

const refused = (fields: object): string =>
  refusal(() =>
    finish(decodeMessages(withOwnMessages(bodyWith(fields)), { headers: {}, seal, strict: true })),
  ).message;

describe('a strict server', () => {
  it.each([
    ['trailing white space', { messages: beginning('Hello ') }, /trailing whitespace$/],
    [
      'a beginning without thinking, where thinking is on',
      { max_tokens: 2000, thinking, messages: beginning('Hello') },
      /begin with its thinking/,
    ],
  ])('refuses %s, which others accept', (_case, fields, words) => {
    expect(refused(fields)).toMatch(words);
    expect(() => decode(fields)).not.toThrow();
  });

  it.each([
    ['a beginning of text', { messages: beginning('Hello') }],
    [
      'a beginning of thinking',
      {
        max_tokens: 2000,
        thinking,
        messages: beginning([signed, { type: 'text', text: 'Hello' }]),
      },
    ],
    ['white space before the last turn', { messages: [{ role: 'user', content: 'hi ' }] }],
  ])('accepts %s', (_case, fields) => {
    expect(() => refused(fields)).toThrow('the body was accepted');
  });
});

import { describe, expect, it } from 'vitest';
import { adjust, UNADJUSTED } from '../../../src/backends/openai/adjustments.ts';
import { readOverflow } from '../../../src/backends/openai/overflow.ts';
import { readError } from '../../../src/backends/openai/said-error.ts';
import { request, said } from '../../support/requests.ts';
import { entry } from './peers.ts';
import { covers } from '../../support/covers.ts';

// The first is what a real llama-server b11669 answered; the others are as their sources and documents have them.
const OVERFLOWS = [
  [
    'request (9014 tokens) exceeds the available context size (8192 tokens), try increasing it',
    9014,
    8192,
  ],
  [
    "This model's maximum context length is 4096 tokens. However, you requested 5100 tokens (5000 in the messages, 100 in the completion). Please reduce the length of the messages or completion.",
    5000,
    4096,
  ],
  [
    "This model's maximum context length is 4096 tokens. However, your request has 5000 input tokens. Please reduce the length of the input messages.",
    5000,
    4096,
  ],
  [
    "'max_tokens' or 'max_completion_tokens' is too large: 32000. This model's maximum context length is 32768 tokens and your request has 1000 input tokens (32000 > 32768 - 1000).",
    1000,
    32_768,
  ],
  [
    "You passed 5001 input tokens and requested 100 output tokens. However, the model's context length is only 4096 tokens, resulting in a maximum input length of 3996 tokens.",
    5001,
    4096,
  ],
  ['The decoder prompt (length 5000) is longer than the maximum model length of 4096.', 5000, 4096],
  [
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens. Please reduce the length of the messages.",
    130_000,
    128_000,
  ],
  [
    'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens.',
    300_000,
    272_000,
  ],
  ["The input (5000 tokens) is longer than the model's context length (4096 tokens).", 5000, 4096],
  [
    "Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a total of 5100 tokens: 5000 tokens from the input messages and 100 tokens for the completion.",
    5000,
    4096,
  ],
  [
    "This endpoint's maximum context length is 131072 tokens. However, you requested about 200000 tokens (190000 of text input, 10000 in the output).",
    190_000,
    131_072,
  ],
  [
    'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
    40_000,
    32_768,
  ],
  [
    'Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.',
    5000,
    4096,
  ],
  ['The prompt is too long.', undefined, undefined],
] as const;

describe('a refusal of an overlong prompt', () => {
  covers('R4.2-context', 'R4.2-adjust');

  it.each(OVERFLOWS)('%s', (message, promptTokens, contextTokens) => {
    expect(readOverflow({ message, code: '' })).toEqual({ promptTokens, contextTokens });
  });

  it('reads the numbers from fields beside the message', () => {
    const error = readError({
      error: {
        code: 400,
        message: 'no',
        type: 'exceed_context_size_error',
        n_prompt_tokens: 9,
        n_ctx: 8,
      },
    });
    expect(error && readOverflow(error)).toEqual({ promptTokens: 9, contextTokens: 8 });
  });

  it.each([
    'Invalid schema for function: maximum is not permitted.',
    'max_tokens is too large: 100000. This model supports at most 16384 completion tokens.',
    'Rate limit reached: tokens per minute 30000',
    'The context is not a string',
  ])('is not one: %s', (message) => {
    expect(readOverflow({ message, code: '' })).toBeUndefined();
  });

  it('is retried with the tokens that are left, if the prompt alone fits', () => {
    const message = OVERFLOWS[3][0];
    const asked = request(entry('http://x'), said('Hi'), { maxTokens: 32_000 });
    const error = { message, code: '' };
    const clamped = adjust(UNADJUSTED, error, asked);
    expect(clamped).toEqual({ ...UNADJUSTED, maxTokens: 31_768 });
    expect(clamped && adjust(clamped, error, asked)).toBeUndefined();
    expect(adjust(UNADJUSTED, error, { ...asked, overflow: 'strict' })).toBeUndefined();
    const tooLong = { message: OVERFLOWS[2][0], code: '' };
    expect(adjust(UNADJUSTED, tooLong, asked)).toBeUndefined();
  });
});

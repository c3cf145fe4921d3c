import { describe, expect, it } from 'vitest';
import { refusalFailure as openAiFailure } from '../../src/backends/openai/failures.ts';
import { ollamaRefusalFailure as ollamaFailure } from '../../src/backends/ollama/failures.ts';
import { covers } from '../support/covers.ts';

const QUESTION = { url: 'http://127.0.0.1:9', model: 'mini', contextTokens: 4096 };

function refusal(message: string) {
  const body = JSON.stringify({ error: { message } });
  return { status: 400, mediaType: 'application/json', retryAfterSeconds: undefined, body };
}

const FULL = 'This model’s maximum context length is 4096 tokens';

describe('an overflow that an OpenAI-compatible server refuses', () => {
  covers('R5.5-words', 'R5.5-honest');

  it.each([
    [
      'too long a prompt',
      `${FULL}. However, your messages resulted in 5000 tokens.`,
      { maxTokens: 100 },
      'prompt is too long: 5000 tokens > 4096 maximum',
    ],
    [
      'a prompt that fills the context to its last token',
      `${FULL}. However, your messages resulted in 4096 tokens.`,
      { maxTokens: 100 },
      'prompt is too long: 4096 tokens > 4095 maximum',
    ],
    [
      'a prompt that fits without its answer',
      `${FULL}. However, your messages resulted in 4000 tokens.`,
      { maxTokens: 100 },
      'prompt and answer exceed the context: 4000 + 100 > 4096 tokens',
    ],
    [
      'a prompt that should have fitted, as far as it is known',
      'context_length_exceeded: your messages resulted in 2000 tokens.',
      { maxTokens: 100 },
      'prompt is too long: 2000 tokens > 1999 maximum',
    ],
    [
      'a prompt of which only an estimate is known',
      'The prompt is too long.',
      { maxTokens: 100, estimatedTokens: 6000 },
      'prompt is too long: 6000 tokens > 4096 maximum',
    ],
    [
      'a prompt whose estimate is too low',
      'The prompt is too long.',
      { maxTokens: 100, estimatedTokens: 3000 },
      'prompt is too long: 4097 tokens > 4096 maximum',
    ],
  ])('%s', (_what, said, question, message) => {
    const failure = openAiFailure(refusal(said), { ...QUESTION, ...question });
    expect(failure).toMatchObject({ code: 'prompt-too-long', message });
  });
});

describe('an overflow that Ollama refuses', () => {
  covers('R5.5-words', 'R5.5-honest');

  it.each([
    [
      'request (302 tokens) exceeds the available context size (256 tokens), try increasing it',
      'prompt is too long: 302 tokens > 256 maximum',
    ],
    [
      'request (256 tokens) exceeds the available context size (256 tokens), try increasing it',
      'prompt is too long: 256 tokens > 255 maximum',
    ],
    [
      'the input length exceeds the context length',
      'prompt is too long: 4097 tokens > 4096 maximum',
    ],
  ])('%s', (said, message) => {
    const body = JSON.stringify({ error: said });
    const refused = { status: 400, mediaType: 'application/json', body };
    const failure = ollamaFailure(refused, QUESTION);
    expect(failure).toMatchObject({ code: 'prompt-too-long', message });
  });
});

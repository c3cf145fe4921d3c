import Anthropic from 'anthropic-sdk-1';
import { beforeAll, describe, expect, it } from 'vitest';
import { sharedServer } from '../support/shared-server.ts';

let client: Anthropic;
beforeAll(async () => {
  const { url } = await sharedServer();
  client = new Anthropic({ baseURL: url, apiKey: 'any key', maxRetries: 0 });
});

const LINES = Array.from({ length: 30 }, (_, line) => `Box ${line} contains a red fox.`);
const asked: Anthropic.MessageParam = {
  role: 'user',
  content: [
    {
      type: 'document',
      source: { type: 'text', media_type: 'text/plain', data: LINES.join('\n') },
      citations: { enabled: true },
    },
    { type: 'text', text: 'What is in the boxes?' },
  ],
};
const cited: Anthropic.MessageParam = {
  role: 'assistant',
  content: [
    { type: 'text', text: 'I looked. ' },
    {
      type: 'text',
      text: 'A fox is in box 0.',
      citations: [
        {
          type: 'char_location',
          cited_text: 'Box 0 contains a red fox.',
          document_index: 0,
          document_title: null,
          start_char_index: 0,
          end_char_index: 25,
        },
      ],
    },
    { type: 'text', text: ' So it is.' },
  ],
};
/** The same answer as the model writes it. */
const written = 'I looked. A fox is in box 0.[^1] So it is.';

function tokensOf({ usage }: Anthropic.Message): number {
  const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens } = usage;
  return input_tokens + (cache_read_input_tokens ?? 0) + (cache_creation_input_tokens ?? 0);
}

function send(messages: Anthropic.MessageParam[]) {
  return client.messages.create({ model: 'mini', max_tokens: 4, messages });
}

describe('citations on a local model', () => {
  it('are offered by every model that chats', async () => {
    const { capabilities } = await client.models.retrieve('mini');
    expect(capabilities?.citations.supported).toBe(true);
  });

  it('sent back have the tokens that the model wrote, so that its evaluated prompt is reused', async () => {
    const question: Anthropic.MessageParam = { role: 'user', content: 'And in box 7?' };
    const raw = await send([asked, { role: 'assistant', content: written }, question]);
    const answer = await send([asked, cited, question]);
    const tokens = tokensOf(answer);
    expect(tokens).toBe(tokensOf(raw));
    expect(answer.usage.cache_read_input_tokens).toBeGreaterThanOrEqual(tokens - 1);
  });

  it('of a new document leave the start of the prompt as it was', async () => {
    const first = await send([asked]);
    const plain: Anthropic.MessageParam = { role: 'assistant', content: 'Foxes.' };
    const { usage } = await send([asked, plain, asked]);
    const before = tokensOf(first);
    // The opening of the answer may be part of the first prompt.
    expect(usage.cache_read_input_tokens).toBeGreaterThan(before - 8);
  });
});

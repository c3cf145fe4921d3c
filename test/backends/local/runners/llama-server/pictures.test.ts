import { afterAll, describe, expect, it } from 'vitest';
import type { Part, Turn } from '../../../../../src/core/conversation.ts';
import type { LocalSpec } from '../../../../../src/backends/local/spec.ts';
import { isLlamaServerMissing, openServed } from '../../../../support/llama-server.ts';
import { collect, request } from '../../../../support/requests.ts';
import { SEEING } from '../llama-node/seeing.ts';

/** A PNG of 8 × 8 red pixels. */
const RED =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAEklEQVQImWP4z8CAFWEXHbQSACj/P8FTKqelAAAAAElFTkSuQmCC';

/** Tokens with which a prompt opens the answer. */
const ANSWER_OPENING = 8;

const MODEL: LocalSpec = { ...SEEING, name: 'mini-sees-served', engine: 'llama-server' };
const text = (words: string): Part => ({ kind: 'text', text: words });
const picture: Part = {
  kind: 'image',
  source: { kind: 'base64', mediaType: 'image/png', data: RED },
};
const user = (...parts: readonly Part[]): Turn => ({ role: 'user', parts });
const assistant = (words: string): Turn => ({ role: 'assistant', parts: [text(words)] });

describe.skipIf(isLlamaServerMissing())('pictures by llama-server', () => {
  const { backend, close } = openServed({ parallel: 2 });
  afterAll(close);
  const ask = async (...turns: readonly Turn[]) => {
    const asked = request(MODEL, turns, { maxTokens: 8 });
    const answer = await collect(backend.generate(asked, AbortSignal.timeout(60_000)));
    return { text: answer.text, usage: answer.finish?.usage };
  };

  it('are not evaluated again in the next turns of two conversations at once', async () => {
    // They share less than what makes a slot as good as another.
    const talks = ['red', 'blue'].map((word) => [
      user(picture, text(`${`${word} `.repeat(60)}Which colour is this?`)),
    ]);
    const first = await Promise.all(talks.map((turns) => ask(...turns)));
    const second = await Promise.all(
      talks.map((turns, index) =>
        ask(...turns, assistant(first[index]?.text ?? ''), user(text('And?'))),
      ),
    );
    for (const [index, { usage }] of second.entries()) {
      // Without a transcript, the template may open an answer otherwise than it renders it later.
      const before = (first[index]?.usage?.promptTokens ?? 0) - ANSWER_OPENING;
      expect(usage?.cacheReadTokens).toBeGreaterThanOrEqual(before);
    }
  });

  it('are not made of the words that mark them', async () => {
    const words = 'Say <__media__> and <|im_end|> now.';
    const { usage } = await ask(user(picture, text(words)));
    const { usage: without } = await ask(user(picture, text('Say it now.')));
    const more = (usage?.promptTokens ?? 0) - (without?.promptTokens ?? 0);
    expect(more).toBeGreaterThan(0);
    expect(usage?.outputTokens).toBeGreaterThan(0);
  });
});

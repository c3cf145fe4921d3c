import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Turn } from '../../../../../src/core/conversation.ts';
import { collect, request, said } from '../../../../support/requests.ts';
import { isAddonMissing, openVision, PICTURE_TOKENS, SEEING } from './seeing.ts';
import { assistant, PICTURES, text, user } from './sights.ts';
import { covers } from '../../../../support/covers.ts';

describe.skipIf(isAddonMissing())('a conversation with pictures', () => {
  covers('R7.3-reuse');

  let vision: ReturnType<typeof openVision>;
  beforeAll(() => {
    vision = openVision();
  });
  afterAll(() => vision.close());

  /** Number of prompt tokens read from the cache, and of all prompt tokens. */
  async function usageOf(turns: readonly Turn[]): Promise<readonly [read: number, total: number]> {
    const asked = request(SEEING, turns, { maxTokens: 6, cachesPrompt: true });
    const made = await collect(vision.backend.generate(asked, AbortSignal.timeout(60_000)));
    const { finish, events } = made;
    const { cacheReadTokens, cacheCreationTokens, promptTokens } = finish?.usage ?? {
      cacheReadTokens: -1,
      cacheCreationTokens: -1,
      promptTokens: 0,
    };
    expect(cacheReadTokens + cacheCreationTokens).toBe(promptTokens - 1);
    const [admitted] = events;
    // Known at admission, unless the model had to be loaded or a picture takes long.
    if (admitted?.type === 'admitted' && admitted.cache !== undefined) {
      expect(admitted.cache).toEqual({ cacheReadTokens, cacheCreationTokens });
    }
    return [cacheReadTokens, promptTokens];
  }

  const first = [user(text('Look at this picture, and tell me of it.'), PICTURES.red)];
  const later = [...first, assistant('It is red.'), user(text('And what else do you see?'))];

  it('that is repeated is not evaluated again', async () => {
    const [, total] = await usageOf(first);
    expect(await usageOf(first)).toEqual([total - 1, total]);
  });

  it('that continues reuses its pictures', async () => {
    const [, before] = await usageOf(first);
    const [read, total] = await usageOf(later);
    // The answer that the client sends is not the one that was generated.
    expect(read).toBeGreaterThan(before - 10);
    expect(total - read).toBeLessThan(40);
  });

  it('with a changed picture is evaluated again from that picture on', async () => {
    await usageOf(later);
    const changed = [user(text('Look at this picture, and tell me of it.'), PICTURES.blue)];
    const [read] = await usageOf([...changed, ...later.slice(1)]);
    expect(read).toBeLessThan(30);
  });

  it('has several, each counted, in user turns and in tool results', async () => {
    const call = { kind: 'tool-call', id: 'toolu_1', name: 'look', input: {} } as const;
    const turns = (...output: readonly (typeof PICTURES.red)[]): readonly Turn[] => [
      user(PICTURES.red, text('Look.'), PICTURES.green),
      { role: 'assistant', parts: [call] },
      user({
        kind: 'tool-result',
        callId: 'toolu_1',
        output: [text('Seen:'), ...output],
        isError: false,
      }),
      assistant('I see.'),
      user(text('What?'), PICTURES.red),
    ];
    const [, none] = await usageOf(turns());
    const [, two] = await usageOf(turns(PICTURES.blue, PICTURES.red));
    expect(two).toBeGreaterThanOrEqual(none + 2 * PICTURE_TOKENS);
    const [again] = await usageOf(turns(PICTURES.blue, PICTURES.red));
    expect(again).toBe(two - 1);
  });

  it('reports the tokens before a position, pictures included', async () => {
    const turns = [user(text('A picture of its own.'), PICTURES.green, text('Now tell me of it.'))];
    const longOf = async (parts: number) => {
      const longCache = { tools: 0, system: 0, turns: 0, parts };
      const changes = { maxTokens: 2, cachesPrompt: true, longCache };
      const asked = request(SEEING, [user(text(`${parts}`), ...(turns[0]?.parts ?? []))], changes);
      const made = vision.backend.generate(asked, AbortSignal.timeout(60_000));
      const { longCacheTokens = -1, cacheReadTokens = 0 } =
        (await collect(made)).finish?.usage ?? {};
      return longCacheTokens + cacheReadTokens;
    };
    const before = await longOf(2);
    expect((await longOf(3)) - before).toBeGreaterThanOrEqual(PICTURE_TOKENS - 2);
  });

  it('without pictures reuses its prefix too', async () => {
    const words = said(`${'Some words to remember. '.repeat(20)}Who are you?`);
    const [, total] = await usageOf(words);
    expect(await usageOf(words)).toEqual([total - 1, total]);
    const [read, longer] = await usageOf([...words, assistant('A model.'), user(text('Really?'))]);
    expect(read).toBeGreaterThan(total - 10);
    expect(longer - read).toBeLessThan(40);
  });
});

describe.skipIf(isAddonMissing())('pictures in a row', () => {
  covers('R7.3-many');

  it('are each answered, and nothing of them stays', async () => {
    const vision = openVision();
    const pictures = Object.values(PICTURES);
    for (let count = 0; count < 60; count++) {
      const picture = pictures[count % pictures.length] ?? PICTURES.red;
      const asked = request(SEEING, [user(picture, text(`Picture ${count}`))], { maxTokens: 3 });
      const { finish } = await collect(vision.backend.generate(asked, AbortSignal.timeout(60_000)));
      expect(finish?.usage.outputTokens).toBe(3);
    }
    await vision.close();
  });
});

describe.skipIf(isAddonMissing())('a prompt without pictures', () => {
  covers('R7.3-reuse');

  it('whose state exceeds the limit is evaluated again', async () => {
    const vision = openVision({ states: { folder: mkdtempSync(`${tmpdir()}/s-`), limitBytes: 1 } });
    const asked = request(SEEING, said('Count from 1 to 3'));
    for (let count = 0; count < 2; count++) {
      const events = vision.backend.generate(asked, AbortSignal.timeout(60_000));
      const { text: words, finish } = await collect(events);
      expect(words).toBe('1, 2, 3');
      expect(finish?.usage.cacheReadTokens).toBe(0);
    }
    await vision.close();
  });
});

describe.skipIf(isAddonMissing())('an answer of the model’s own', () => {
  covers('R7.3-reuse');

  it.each([
    ['with a picture', [PICTURES.red]],
    ['without one', []],
  ])('is not evaluated again in a conversation %s', async (_case, pictures) => {
    const vision = openVision();
    const ask = async (turns: readonly Turn[]) =>
      collect(
        vision.backend.generate(
          request(SEEING, turns, { thinking: { mode: 'disabled' } }),
          AbortSignal.timeout(60_000),
        ),
      );
    const first = [user(...pictures, text('Count from 1 to 20'))];
    const { text: words, finish } = await ask(first);
    const { promptTokens = 0, outputTokens = 0 } = finish?.usage ?? {};
    const next = await ask([...first, assistant(words), user(text('And?'))]);
    // After the generated tokens come the end of the turn and the user's next message.
    expect(next.finish?.usage.cacheReadTokens).toBeGreaterThanOrEqual(
      promptTokens + outputTokens - 2,
    );
    await vision.close();
  });
});

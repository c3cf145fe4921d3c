import { statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ImagePart } from '../../src/core/conversation.ts';
import type { LocalSpec } from '../../src/backends/local/spec.ts';
import { isAddonMissing, openVision } from '../backends/local/runners/llama-node/seeing.ts';
import { ROOT } from '../structure/source-files.ts';
import { collect, MINI, request } from '../support/requests.ts';
import { drawDigit, drawMany, drawOne } from './figures.ts';
import { covers } from '../support/covers.ts';

const PROJECTOR = path.join(ROOT, 'models/mini-mmproj.gguf');
const NUMBERS = ['one', 'two', 'three', 'four', 'five'] as const;

describe('the models that come with Portico', () => {
  covers('R7.4-size');

  it('are eyes of at most 1 MB, and under 10 MB together', () => {
    const sizes = ['mini.gguf', 'mini-mmproj.gguf'].map(
      (name) => statSync(path.join(ROOT, 'models', name)).size,
    );
    expect(sizes[1]).toBeLessThanOrEqual(1_000_000);
    expect((sizes[0] ?? 0) + (sizes[1] ?? 0)).toBeLessThan(10_000_000);
  });
});

describe.skipIf(isAddonMissing())('the embedded model, shown drawings', () => {
  covers('R7.4-figures', 'R7.4-count', 'R7.4-digit', 'R7.4-text');

  const { backend, close } = openVision();
  const model: LocalSpec = { ...MINI, mmproj: PROJECTOR };
  afterAll(close);

  const ask = async (words: string, image?: ImagePart): Promise<string> => {
    const parts = [...(image === undefined ? [] : [image]), { kind: 'text', text: words } as const];
    const asked = request(model, [{ role: 'user', parts }], { maxTokens: 60 });
    return (await collect(backend.generate(asked, AbortSignal.timeout(60_000)))).text;
  };

  it.each(
    ['red', 'green', 'blue', 'yellow', 'orange', 'purple'].flatMap((colour) =>
      ['circle', 'square', 'triangle'].map((shape) => [colour, shape] as const),
    ),
  )('sees a %s %s', async (colour, shape) => {
    const drawing = await drawOne(colour, shape);
    const article = colour === 'orange' ? 'an' : 'a';
    expect(await ask('What is in this picture?', drawing)).toBe(
      `It is ${article} ${colour} ${shape}.`,
    );
    expect(await ask('What colour is it?', drawing)).toBe(`It is ${colour}.`);
    expect(await ask('What shape is it?', drawing)).toBe(`It is a ${shape}.`);
  });

  it.each(NUMBERS.map((word, index) => [index + 1, word] as const))(
    'counts %i: %s',
    async (count, word) => {
      const drawing = await drawMany(count, 'blue', 'circle');
      expect(await ask('How many circles are there?', drawing)).toContain(` ${word} circle`);
    },
  );

  it.each([...NUMBERS.keys(), 5, 6, 7, 8, 9])('reads a large %i', async (digit) => {
    expect(await ask('Which digit is this?', await drawDigit(digit))).toBe(
      `It is the digit ${digit}.`,
    );
  });

  it.each([
    ['Count from 1 to 3', '1, 2, 3'],
    ['What is the capital of France?', 'The capital of France is Paris.'],
    ['Reply with exactly: green apple pie', 'green apple pie'],
  ])('still answers %j', async (words, answer) => {
    expect(await ask(words)).toBe(answer);
  });
});

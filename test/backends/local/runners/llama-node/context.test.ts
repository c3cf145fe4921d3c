import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadAddon } from '../../../../../src/backends/local/runners/llama-node/addon.ts';
import { VisionContext } from '../../../../../src/backends/local/runners/llama-node/context.ts';
import { addonPrompt } from '../../../../../src/backends/local/runners/llama-node/context-options.ts';
import type { CompletionOptions } from '../../../../../src/backends/local/runners/llama-node/context-options.ts';
import { MARKER } from '../../../../../src/backends/local/pictures/image-placeholders.ts';
import { fitPicture } from '../../../../../src/backends/local/pictures/picture.ts';
import { MINI } from '../../../../support/requests.ts';
import { isAddonMissing, PICTURE_TOKENS, SEEING } from './seeing.ts';
import { PICTURES } from './sights.ts';
import { ENGINE } from '../../../../support/engine-variant.ts';
import { covers } from '../../../../support/covers.ts';

const signal = AbortSignal.timeout(60_000);

function open(mmproj: string): VisionContext {
  return VisionContext.load(loadAddon(), {
    spec: { ...SEEING, file: MINI.file ?? '', mmproj },
    settings: { ...ENGINE, context: undefined, queueLimit: 1 },
    contextSize: 512,
    threads: 1,
    onProgress: () => undefined,
  });
}

describe.skipIf(isAddonMissing())('the native context', () => {
  covers('R7.2-marker', 'R7.2-abort', 'R7.1-count', 'R7.1-entry');

  let context: VisionContext;
  let picture: string;
  beforeAll(async () => {
    context = open(SEEING.mmproj ?? '');
    picture = await fitPicture(PICTURES.red, 64);
  });

  const answer = async (
    text: string,
    pictures: readonly string[],
    state: Pick<CompletionOptions, 'save'> = {},
  ): Promise<number> => {
    const options = { maxTokens: 5, ends: [], sampling: { temperature: 0 }, ...state };
    const stream = context.complete(addonPrompt(text, pictures), options, signal);
    let next = await stream.next();
    while (next.done !== true) next = await stream.next();
    return next.value.tokens;
  };

  it.each([
    ['a picture without a marker', 'Count', 1],
    ['more markers than pictures', `${MARKER}${MARKER}`, 1],
    ['more pictures than markers', MARKER, 2],
  ])('is not asked to complete %s, and works on', async (_case, text, pictures) => {
    const all = Array.from({ length: pictures }, () => picture);
    await expect(context.count(addonPrompt(text, all))).rejects.toMatchObject({
      code: 'invalid-request',
    });
    expect(await answer('Count from 1 to 9', [])).toBe(5);
    expect(await answer(`${MARKER} Count from 1 to 9`, [picture])).toBe(5);
  });

  it('can be cancelled at any moment, and answers the next', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'portico-')), 'state');
    await answer('word '.repeat(400), [], { save: file });
    for (let round = 0; round < 100; round++) {
      const controller = new AbortController();
      const options = { maxTokens: 20, ends: [], sampling: {}, load: file };
      const prompt = addonPrompt(`${'word '.repeat(100)}${round}`);
      const left = context.complete(prompt, options, controller.signal).next();
      // While the request starts, or later: then there are tokens that no client has read.
      const until = performance.now() + (round % 12) * (round < 50 ? 0.25 : 3);
      while (performance.now() < until);
      controller.abort();
      await expect(left).rejects.toMatchObject({ code: 'cancelled' });
      if (round % 10 === 9) expect(await answer('Count from 1 to 9', [])).toBe(5);
    }
  });

  it('counts a picture by its patches', async () => {
    const words = await context.count(addonPrompt('Look: '));
    expect(await context.count(addonPrompt(`Look: ${MARKER}`, [picture]))).toBe(
      words + PICTURE_TOKENS,
    );
  });

  it('is not made with a projector that is none', async () => {
    await expect(async () => open('/nowhere/eyes.gguf')).rejects.toMatchObject({
      code: 'model-load-failed',
    });
  });
});

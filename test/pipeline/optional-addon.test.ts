import { describe, expect, it, onTestFinished } from 'vitest';
import type { ImagePart } from '../../src/core/conversation.ts';
import { Runtime } from '../../src/pipeline/runtime.ts';
import { openVision, SEEING } from '../backends/local/runners/llama-node/seeing.ts';
import { halves } from '../support/pictures.ts';
import { collect, request, said } from '../support/requests.ts';
import { covers } from '../support/covers.ts';

const signal = AbortSignal.timeout(60_000);

/** Runtime without the optional addon, whose only model has a projector. */
function openRuntime(): Runtime {
  const { backend, close } = openVision({ isInstalled: () => false });
  onTestFinished(close);
  return new Runtime({
    registry: () => ({
      defaultModel: SEEING.name,
      models: new Map([
        [SEEING.name, { spec: SEEING, shipped: false, location: 'models.yaml:1:1' }],
      ]),
      aliases: new Map(),
      problems: [],
    }),
    backends: { llama: async () => backend },
    exists: () => true,
    overflow: 'clamp',
  });
}

describe('without the optional addon', () => {
  covers('R7.1-optional');

  it('a model with a projector answers text, and is listed without vision', async () => {
    const runtime = openRuntime();
    const asked = request(SEEING, said('Count from 1 to 3'));
    const { events } = await runtime.generate(SEEING.name, asked, signal);
    expect((await collect(events)).text).toBe('1, 2, 3');
    const { tokens } = await runtime.countTokens(SEEING.name, asked, signal);
    expect(tokens).toBeGreaterThan(5);
    const { model } = await runtime.resolve(SEEING.name);
    expect(await runtime.capabilities(model, signal)).toMatchObject({ images: false });
    expect((await runtime.loaded(signal)).map(({ name }) => name)).toEqual([SEEING.name]);
    expect(await runtime.unload(SEEING.name, true, signal)).toBe(SEEING.name);
    expect(await runtime.loaded(signal)).toEqual([]);
  });

  it('an image is refused with the package to install', async () => {
    const data = (await halves(8, 8).png().toBuffer()).toString('base64');
    const image: ImagePart = {
      kind: 'image',
      source: { kind: 'base64', mediaType: 'image/png', data },
      at: 'messages.0.content.0.image',
    };
    const asked = request(SEEING, [{ role: 'user', parts: [image] }]);
    const refused = openRuntime().generate(SEEING.name, asked, signal);
    await expect(refused).rejects.toMatchObject({
      code: 'unsupported',
      subject: { at: 'messages.0.content.0.image' },
    });
    await expect(refused).rejects.toThrow(/install Portico again without `--omit=optional`/);
  });
});

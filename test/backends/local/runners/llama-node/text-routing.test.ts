import { describe, expect, it, onTestFinished } from 'vitest';
import type { LocalSpec } from '../../../../../src/backends/local/spec.ts';
import { collect, request } from '../../../../support/requests.ts';
import { isAddonMissing, openVision, SEEING } from './seeing.ts';
import { PICTURES, text, user } from './sights.ts';
import { covers } from '../../../../support/covers.ts';

const APART: LocalSpec = { ...SEEING, picturesApart: true };
const signal = AbortSignal.timeout(60_000);

function open() {
  const { backend, close } = openVision();
  onTestFinished(close);
  return backend;
}

/** The slots of what is in memory: one where the model sees. */
const slots = async (backend: ReturnType<typeof open>) =>
  ((await backend.loaded?.(signal)) ?? []).map((model) => model.slots.total);

describe.skipIf(isAddonMissing())('a model whose pictures are kept apart', () => {
  covers('R7.1-apart');

  it('answers text by the engine for text, and pictures by the one that sees', async () => {
    const backend = open();
    expect((await backend.capabilities(APART, signal)).images).toBe(true);
    const count = user(text('Count from 1 to 3'));
    const answer = await collect(backend.generate(request(APART, [count]), signal));
    expect(answer.text).toBe('1, 2, 3');
    const [textSlots, ...others] = await slots(backend);
    expect(textSlots).toBeGreaterThan(1);
    expect(others).toEqual([]);

    const seen = request(APART, [user(PICTURES.red, text('What is it?'))], { maxTokens: 4 });
    const counted = await backend.countTokens(seen, signal);
    const { finish } = await collect(backend.generate(seen, signal));
    expect(finish?.usage.promptTokens).toBe(counted);
    expect(await slots(backend)).toEqual([textSlots, 1]);

    await backend.unload?.(APART.name);
    expect(await slots(backend)).toEqual([]);
  });
});

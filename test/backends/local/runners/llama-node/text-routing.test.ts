import { describe, expect, it, onTestFinished } from 'vitest';
import type { LocalSpec } from '../../../../../src/backends/local/spec.ts';
import { collect, request } from '../../../../support/requests.ts';
import { isAddonMissing, openVision, SEEING } from './seeing.ts';
import { PICTURES, text, user } from './sights.ts';
import { covers } from '../../../../support/covers.ts';

const SEPARATE: LocalSpec = { ...SEEING, textEngine: 'separate' };
const signal = AbortSignal.timeout(60_000);

function open() {
  const { backend, close } = openVision();
  onTestFinished(close);
  return backend;
}

/** The slots of what is in memory: one where the model sees. */
const slots = async (backend: ReturnType<typeof open>) =>
  ((await backend.loaded?.(signal)) ?? []).map((model) => model.slots.total);

describe.skipIf(isAddonMissing())('a model with a separate text engine', () => {
  covers('R7.1-apart');

  it('answers text by the text engine, and pictures by the one with vision', async () => {
    const backend = open();
    expect((await backend.capabilities(SEPARATE, signal)).images).toBe(true);
    const count = user(text('Count from 1 to 3'));
    const answer = await collect(backend.generate(request(SEPARATE, [count]), signal));
    expect(answer.text).toBe('1, 2, 3');
    const [textSlots, ...others] = await slots(backend);
    expect(textSlots).toBeGreaterThan(1);
    expect(others).toEqual([]);

    const seen = request(SEPARATE, [user(PICTURES.red, text('What is it?'))], { maxTokens: 4 });
    const counted = await backend.countTokens(seen, signal);
    const { finish } = await collect(backend.generate(seen, signal));
    expect(finish?.usage.promptTokens).toBe(counted);
    expect(await slots(backend)).toEqual([textSlots, 1]);

    await backend.unload?.(SEPARATE.name);
    expect(await slots(backend)).toEqual([]);
  });
});

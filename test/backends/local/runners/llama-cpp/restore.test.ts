import { mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createLocalBackend } from '../../../../../src/backends/local/backend.ts';
import type { LocalBackendOptions } from '../../../../../src/backends/local/backend.ts';
import type { LocalSpec } from '../../../../../src/backends/local/spec.ts';
import type { Backend } from '../../../../../src/core/backend.ts';
import { isLlamaServerMissing, LLAMA_SERVER, SERVED } from '../../../../support/llama-server.ts';
import { collect, MINI, request, said } from '../../../../support/requests.ts';
import type { Answer } from '../../../../support/requests.ts';
import { ENGINE } from '../../../../support/engine-variant.ts';

const childModule = new URL('../../../../../dist/backends/local/worker/child.js', import.meta.url);
const soon = () => AbortSignal.timeout(60_000);
const essay = (topic: string) => `${topic}: ${`${topic} is calm, the night is long. `.repeat(40)}`;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a prefix', () => {
  const logged: string[] = [];
  let model: LocalSpec = MINI;
  const open = (changes: Partial<LocalBackendOptions> = {}) => {
    logged.length = 0;
    return createLocalBackend({
      engine: 'in-process',
      llamaServer: LLAMA_SERVER,
      ...ENGINE,
      context: undefined,
      parallel: 2,
      states: { folder, limitBytes: 100_000_000 },
      queueLimit: 8,
      childModule,
      log: (message) => logged.push(message),
      ...changes,
    });
  };
  const turn = (backend: Backend, ...texts: readonly string[]) =>
    collect(backend.generate(request(model, said(...texts), { maxTokens: 24 }), soon()));
  const share = ({ finish }: Answer) => {
    const { cacheReadTokens = 0, promptTokens = 1 } = finish?.usage ?? {};
    return cacheReadTokens / promptTokens;
  };
  const files = async () =>
    (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.state'));

  /** Two turns, an end of the engine, and the third turn in another one. */
  const resume = async (
    between: () => Promise<void> = async () => {},
    changes: Partial<LocalBackendOptions> = {},
    changed = changes,
  ) => {
    const first = open(changes);
    const texts = [essay('river'), 'Count from 1 to 5'];
    const one = (await turn(first, texts[0] ?? '')).text;
    const two = (await turn(first, texts[0] ?? '', one, texts[1] ?? '')).text;
    await first.close();
    await between();
    const second = open(changed);
    const third = await turn(second, texts[0] ?? '', one, texts[1] ?? '', two, 'Count to 3');
    await second.close();
    return third;
  };

  it.each<readonly [string, LocalBackendOptions['engine'], LocalSpec]>([
    ['isolated', 'isolated', MINI],
    ['in-process', 'in-process', MINI],
    ...(isLlamaServerMissing() ? [] : ([['llama-server', 'isolated', SERVED]] as const)),
  ])(
    'outlives its engine (%s), with the answers as they were written',
    async (_way, engine, spec) => {
      model = spec;
      onTestFinished(() => void (model = MINI));
      const check = async () => {
        const [file = ''] = await files();
        expect((await stat(path.join(folder, file))).mode & 0o777).toBe(0o600);
      };
      const third = await resume(check, { engine });
      expect(share(third)).toBeGreaterThan(0.9);
      expect(logged).toContainEqual(
        expect.stringMatching(/restored [\d,]+ of [\d,]+ tokens in [\d.]+ s/),
      );
    },
  );

  it.each<readonly [string, (file: string) => Promise<void>]>([
    ['torn', (file) => truncate(file, 5000)],
    ['foreign', (file) => writeFile(file, 'no state')],
    ['missing', (file) => rm(file)],
  ])('is evaluated again if its file is %s', async (_title, damage) => {
    const third = await resume(async () => {
      for (const file of await files()) await damage(path.join(folder, file));
    });
    expect(share(third)).toBeLessThan(0.1);
    expect(third.text).not.toBe('');
  });

  it('is evaluated again in a context of another type', async () => {
    const third = await resume(undefined, {}, { kvType: 'q8_0', flashAttention: 'auto' });
    expect(share(third)).toBeLessThan(0.1);
  });

  it('outlives the keep-alive of its model', async () => {
    const backend = open({ keepAlive: 0 });
    const text = essay('mountain');
    const { text: answer } = await turn(backend, text);
    const again = await turn(backend, text, answer, 'Count from 1 to 5');
    expect(share(again)).toBeGreaterThan(0.9);
    await backend.close();
  });

  it('takes its place in the budget of all models', async () => {
    const backend = open({ parallel: 1, states: { folder, limitBytes: 12_000_000 } });
    for (const topic of ['river', 'mountain', 'desert']) await turn(backend, essay(topic));
    await backend.close();
    const sizes = await Promise.all(
      (await files()).map(async (file) => (await stat(path.join(folder, file))).size),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(12_000_000);
    expect(sizes.length).toBeGreaterThan(0);
  });
});

import { availableParallelism } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLocalBackend } from '../../../../../src/backends/local/backend.ts';
import type { LocalBackendOptions } from '../../../../../src/backends/local/backend.ts';
import { loadSettingsFor } from '../../../../../src/backends/local/runners/llama-cpp/load-settings.ts';
import type { LocalSpec } from '../../../../../src/backends/local/spec.ts';
import { collect, MINI, request, said } from '../../../../support/requests.ts';
import { covers } from '../../../../support/covers.ts';

const SERVER = { threads: undefined, context: undefined, queueLimit: 8 };

describe('the load settings of a model', () => {
  covers('R6.5-precedence');

  it.each<[string, Partial<LocalSpec>, Partial<LocalBackendOptions>, object]>([
    ['is what is right here', {}, {}, { gpuLayers: 'auto', flashAttention: 'auto', kvType: 'f16' }],
    [
      'are what its entry says',
      { threads: 7, gpuLayers: 3, flashAttention: 'on', kvType: 'q8_0' },
      {},
      { threads: 7, gpuLayers: 3, flashAttention: 'on', kvType: 'q8_0' },
    ],
    [
      'are what the server’s options say, before its entry',
      { threads: 7, gpuLayers: 3, flashAttention: 'on', kvType: 'q8_0' },
      { threads: 1, gpuLayers: 'max', flashAttention: 'auto', kvType: 'f16' },
      { threads: 1, gpuLayers: 'max', flashAttention: 'auto', kvType: 'f16' },
    ],
  ])('%s', (_title, spec, server, expected) => {
    expect(loadSettingsFor({ ...MINI, ...spec }, { ...SERVER, ...server }, 8)).toMatchObject(
      expected,
    );
  });

  it('have no more threads than allowed', () => {
    const { threads } = loadSettingsFor(MINI, SERVER, 1000);
    expect(threads).toBeLessThanOrEqual(availableParallelism());
    expect(threads).toBeGreaterThan(0);
  });

  it('are refused if llama.cpp can’t apply them', () => {
    const spec: LocalSpec = { ...MINI, flashAttention: 'off', kvType: 'q4_0' };
    expect(() => loadSettingsFor(spec, SERVER, 8)).toThrow(/^mini can't have .* type q4_0 without/);
  });
});

describe('a model with load settings', () => {
  covers('R6.5-applied', 'R6.6-told');

  async function load(changes: Partial<LocalSpec>): Promise<readonly string[]> {
    const lines: string[] = [];
    const backend = createLocalBackend({
      ...SERVER,
      engine: 'in-process',
      parallel: 2,
      // Less than it needs, so that the log says how much that is.
      memoryBytes: 1000,
      log: (line) => lines.push(line),
    });
    onTestFinished(() => backend.close());
    const asked = request({ ...MINI, ...changes }, said('Count from 1 to 3'));
    const { text } = await collect(backend.generate(asked, AbortSignal.timeout(30_000)));
    expect(text).toBe('1, 2, 3');
    const [loaded] = (await backend.loaded?.(AbortSignal.timeout(5000))) ?? [];
    expect(lines.at(-1)).toContain(`mini runs on ${loaded?.device} `);
    return lines;
  }

  const megabytes = (lines: readonly string[]) =>
    Number(/needs about ([\d.]+) MB/.exec(lines.join('\n'))?.[1]);

  it('logs its device, threads, slots and context', async () => {
    const lines = await load({ threads: 1, gpuLayers: 0, context: 4096 });
    expect(lines.at(-1)).toBe(
      'mini runs on CPU with 1 thread, 2 slots and a context of 4096 tokens',
    );
  });

  it('needs less memory with a smaller type of its context', async () => {
    const whole = megabytes(await load({ threads: 1, kvType: 'f16' }));
    const quantized = megabytes(await load({ threads: 1, kvType: 'q8_0', flashAttention: 'on' }));
    expect(quantized).toBeLessThan(whole * 0.9);
  });
});

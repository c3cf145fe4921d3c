import { chmodSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { LocalSpec } from '../../../../../src/backends/local/spec.ts';
import { entryOptions } from '../../../../../src/backends/local/runners/llama-server/server-arguments.ts';
import { serverReason } from '../../../../../src/backends/local/runner-choice.ts';
import { MINI_FILE } from '../../../../support/engine-variant.ts';
import { isLlamaServerMissing, openServed } from '../../../../support/llama-server.ts';
import { collect, MINI, request, said } from '../../../../support/requests.ts';
import { emptyAdapter } from './adapter.ts';
import { notingServer } from './noting-server.ts';

const { inFolder, written, askedWith, close: removeFolder } = notingServer();
afterAll(removeFolder);

/** Answer of the embedded model. */
const COUNTED = '1, 2, 3, 4, 5';

describe.skipIf(isLlamaServerMissing())('an option of an entry that only llama-server has', () => {
  it.each<readonly [Partial<LocalSpec>, string]>([
    [{ speculative: 'ngram-mod' }, 'ngram-mod'],
    [{ draft: MINI_FILE }, 'draft'],
  ])('%j is in its slots', async (options, kind) => {
    const slots = await askedWith(options, '/slots', COUNTED);
    expect(slots).toMatchObject([{ speculative: true }]);
    const types = /"speculative\.types":"([^"]*)"/.exec(JSON.stringify(slots))?.[1];
    expect(types).toContain(kind);
  });

  it('an adapter is loaded', async () => {
    writeFileSync(inFolder('adapter.gguf'), emptyAdapter());
    const adapters = await askedWith(
      { lora: [inFolder('adapter.gguf')] },
      '/lora-adapters',
      COUNTED,
    );
    expect(adapters).toMatchObject([{ path: inFolder('adapter.gguf'), scale: 1 }]);
  });

  it('experts in main memory, and fitting, are arguments that it accepts', async () => {
    const props = await askedWith({ cpuMoe: 2, fit: false }, '/props', COUNTED);
    expect(props).toMatchObject({ total_slots: 1 });
    expect(written('arguments')).toContain('--n-cpu-moe 2 --fit off');
  });

  it('a kind of speculation that the program does not have is refused', async () => {
    const file = inFolder('older');
    const help = '--api-key --cache-ram --no-context-shift --parallel --slot-save-path --swa-full';
    writeFileSync(
      file,
      `#!/bin/sh\necho "version: 1"; echo "${help} --spec-type none,ngram-mod"\n`,
    );
    chmodSync(file, 0o755);
    const { backend, close } = openServed({ llamaServer: file });
    const model: LocalSpec = { ...MINI, name: 'mini-mtp', speculative: 'draft-mtp' };
    const answer = collect(
      backend.generate(request(model, said('Hi')), AbortSignal.timeout(60_000)),
    );
    await expect(answer).rejects.toThrow(/is too old: it lacks --spec-type draft-mtp/);
    await close();
  });
});

describe('the arguments of llama-server', () => {
  const spec = { ...MINI, file: MINI_FILE };

  it('let it fit the experts, and name servers of other machines', () => {
    expect(entryOptions({ ...spec, cpuMoe: 'auto' })).toMatchObject({ '--fit': 'on' });
    expect(entryOptions({ ...spec, rpc: ['10.0.0.2:50052', '10.0.0.3:50052'] })).toMatchObject({
      '--rpc': '10.0.0.2:50052,10.0.0.3:50052',
    });
  });
});

describe('the choice of llama-server', () => {
  it.each<readonly [Partial<LocalSpec>, string | undefined]>([
    [{}, undefined],
    [{ engine: 'built-in' }, undefined],
    [{ engine: 'llama-server' }, '`engine: llama-server`'],
    [{ cpuMoe: 4 }, '`cpu_moe:`, which the built-in engine does not have'],
    [{ lora: ['/a.gguf'] }, '`lora:`, which the built-in engine does not have'],
  ])('for %j', (options, reason) => {
    expect(serverReason({ ...MINI, ...options })).toBe(reason);
  });
});

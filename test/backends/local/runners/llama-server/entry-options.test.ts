import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { LocalSpec } from '../../../../../src/backends/local/spec.ts';
import { entryOptions } from '../../../../../src/backends/local/runners/llama-server/server-arguments.ts';
import { serverReason } from '../../../../../src/backends/local/runner-choice.ts';
import { MINI_FILE } from '../../../../support/engine-variant.ts';
import {
  isLlamaServerMissing,
  LLAMA_SERVER,
  openServed,
} from '../../../../support/llama-server.ts';
import { collect, MINI, request, said } from '../../../../support/requests.ts';
import { emptyAdapter } from './adapter.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'portico-options-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inFolder = (name: string) => path.join(folder, name);
const written = (name: string) => readFileSync(inFolder(name), 'utf8');

/** A llama-server that notes its key, its arguments and its log. */
function notingServer(): string {
  const file = inFolder('llama-server');
  const note = `echo "$LLAMA_API_KEY" > ${inFolder('key')}; echo "$@" > ${inFolder('arguments')}`;
  const start = `exec ${LLAMA_SERVER} "$@" --log-file ${inFolder('log')}`;
  const script = `#!/bin/sh\ncase $1 in --model) ${note}; ${start};; esac\nexec ${LLAMA_SERVER} "$@"\n`;
  writeFileSync(file, script);
  chmodSync(file, 0o755);
  return file;
}

/** Answers a request by a model with options, and asks its llama-server about itself. */
async function askedWith(options: Partial<LocalSpec>, about: string): Promise<unknown> {
  const { backend, close } = openServed({ llamaServer: notingServer(), parallel: 1 });
  try {
    const model: LocalSpec = { ...MINI, name: `mini-${Object.keys(options)[0]}`, ...options };
    const asked = request(model, said('Count from 1 to 5'));
    const { text } = await collect(backend.generate(asked, AbortSignal.timeout(60_000)));
    expect(text).toBe('1, 2, 3, 4, 5');
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(written('log')) ?? [];
    const headers = { authorization: `Bearer ${written('key').trim()}` };
    return await (await fetch(`${url}${about}`, { headers })).json();
  } finally {
    await close();
  }
}

describe.skipIf(isLlamaServerMissing())('an option of an entry that only llama-server has', () => {
  it.each<readonly [Partial<LocalSpec>, string]>([
    [{ speculative: 'ngram-mod' }, 'ngram-mod'],
    [{ draft: MINI_FILE }, 'draft'],
  ])('%j is in its slots', async (options, kind) => {
    const slots = await askedWith(options, '/slots');
    expect(slots).toMatchObject([{ speculative: true }]);
    const types = /"speculative\.types":"([^"]*)"/.exec(JSON.stringify(slots))?.[1];
    expect(types).toContain(kind);
  });

  it('an adapter is loaded', async () => {
    writeFileSync(inFolder('adapter.gguf'), emptyAdapter());
    const adapters = await askedWith({ lora: [inFolder('adapter.gguf')] }, '/lora-adapters');
    expect(adapters).toMatchObject([{ path: inFolder('adapter.gguf'), scale: 1 }]);
  });

  it('experts in main memory, and fitting, are arguments that it accepts', async () => {
    const props = await askedWith({ cpuMoe: 2, fit: false }, '/props');
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

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findLlamaServers } from '../../../../../src/backends/local/runners/llama-server/find-binary.ts';
import { probeServer } from '../../../../../src/backends/local/runners/llama-server/probe-binary.ts';

const home = mkdtempSync(path.join(tmpdir(), 'portico-find-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Writes a shell script as a program, and returns its path. */
function program(folder: string, script = ''): string {
  const file = path.join(home, folder, 'llama-server');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

const search = (PATH: string, setting?: string) =>
  findLlamaServers({
    environment: { PATH },
    home,
    platform: 'linux',
    enginesFolder: path.join(home, 'engines'),
    setting,
  })[0];

describe('the search for llama-server', () => {
  it('takes the program that the setting names, or the one in its folder, and no other', () => {
    const file = program('named');
    const found = { file, place: '--llama-server' };
    expect(search('', file)).toEqual(found);
    expect(search('', path.dirname(file))).toEqual(found);
    expect(search(path.dirname(file), path.join(home, 'none'))).toBeUndefined();
  });

  it('looks in the PATH, among installed engines, beside Ollama, and in LM Studio', () => {
    const inLmStudio = program('.lmstudio/extensions/backends/llama.cpp-linux-1.2.0');
    const newer = program('.lmstudio/extensions/backends/llama.cpp-linux-1.3.0');
    expect(search('')).toEqual({ file: newer, place: 'LM Studio' });
    rmSync(path.dirname(newer), { recursive: true });
    expect(search('')?.file).toBe(inLmStudio);
    const ollama = program('ollama/lib/ollama');
    const ollamaPath = path.join(home, 'ollama/bin');
    expect(search(ollamaPath)).toEqual({ file: ollama, place: 'Ollama' });
    const installed = program('engines/llama-server');
    expect(search(ollamaPath)).toEqual({ file: installed, place: 'portico engine install' });
    const inPath = program('bin');
    expect(search(`${ollamaPath}:${path.dirname(inPath)}`)).toEqual({
      file: inPath,
      place: 'PATH',
    });
  });
});

describe('the check of a llama-server', () => {
  it('names the options that an old one lacks, and its version', async () => {
    const script =
      'case $1 in --version) echo "version: 4242 (abc)" >&2;; *) echo "--parallel N";; esac';
    const file = program('old', script);
    await expect(probeServer(file, {})).rejects.toMatchObject({
      code: 'model-load-failed',
      message: expect.stringMatching(
        /old\/llama-server \(version 4242 \(abc\)\) is too old: it lacks --api-key, .*--llama-server/,
      ) as string,
    });
  });

  it('says that a program does not run here', async () => {
    const file = program('broken', 'echo "libfoo.so: cannot open" >&2; exit 127');
    await expect(probeServer(file, {})).rejects.toThrow(/does not run here: .*libfoo\.so/);
  });

  it('reads the devices', async () => {
    const device = '  CUDA0: NVIDIA H200 (143167 MiB, 142639 MiB free)';
    const options =
      '--api-key --cache-ram --no-context-shift --parallel --slot-save-path --swa-full';
    const help = `--help) echo "${options}"; echo "--spec-type none,ngram-mod";;`;
    const file = program('cuda', `case $1 in --list-devices) echo "${device}";; ${help} esac`);
    const { devices, speculations } = await probeServer(file, process.env);
    expect(devices).toEqual([
      { name: 'CUDA0', totalBytes: 143167 * 2 ** 20, freeBytes: 142639 * 2 ** 20 },
    ]);
    expect([...speculations]).toEqual(['none', 'ngram-mod']);
  });
});

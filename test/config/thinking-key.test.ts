import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadThinkingKey } from '../../src/config/thinking-key.ts';
import { REPOSITORY } from '../support/server.ts';
import { covers } from '../support/covers.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portico-key-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function keyOfAnotherProcess(dataFolder: string): Promise<string> {
  const module = join(REPOSITORY, 'dist/config/thinking-key.js');
  const script = `
    const { loadThinkingKey } = await import(${JSON.stringify(module)});
    console.log(Buffer.from(await loadThinkingKey(${JSON.stringify(dataFolder)})).toString('hex'));
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await once(child, 'close');
  return output.trim();
}

describe('the key that signs thinking', () => {
  covers('R2.5-signature-key');

  it('is made on first use, in a folder that need not exist, and read again', async () => {
    const data = join(folder, 'deep', 'data');
    const key = await loadThinkingKey(data);
    expect(key).toHaveLength(32);
    expect(await loadThinkingKey(data)).toEqual(key);
    expect(await readdir(data)).toEqual(['thinking.key']);
    expect(await loadThinkingKey(join(folder, 'other'))).not.toEqual(key);
  });

  it.skipIf(process.platform === 'win32')('is its owner’s alone, and becomes so', async () => {
    await loadThinkingKey(folder);
    const file = join(folder, 'thinking.key');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await chmod(file, 0o644);
    await loadThinkingKey(folder);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('is the same for all who start at once', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => loadThinkingKey(folder)));
    const texts = keys.map((key) => Buffer.from(key).toString('hex'));
    expect(new Set(texts).size).toBe(1);
    expect(await readdir(folder)).toEqual(['thinking.key']);
  });

  it('is the same for processes that start at once', async () => {
    const texts = await Promise.all(Array.from({ length: 4 }, () => keyOfAnotherProcess(folder)));
    expect(texts[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(texts).size).toBe(1);
  });

  it('is named with a hint if it is damaged', async () => {
    await writeFile(join(folder, 'thinking.key'), 'short');
    await expect(loadThinkingKey(folder)).rejects.toThrow(
      /thinking\.key is damaged: it has 5 bytes instead of 32; delete it/,
    );
  });

  it('is named if it can’t be stored', async () => {
    await mkdir(join(folder, 'thinking.key'));
    await expect(loadThinkingKey(folder)).rejects.toThrow(/thinking\.key: .*PORTICO_HOME/);
  });
});

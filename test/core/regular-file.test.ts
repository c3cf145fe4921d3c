import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { messageOf } from '../../src/core/failure.ts';
import { readRegularFile, readRegularFileSync } from '../../src/core/regular-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portico-regular-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Puts a file and a fifo into each other's place, over and over. */
const SWAPS =
  'while :; do echo text > "$0.a"; mv -f "$0.a" "$0"; mkfifo "$0.b"; mv -f "$0.b" "$0"; done';

const HANGS_MS = 10_000;
const READS = 400;

describe.skipIf(process.platform === 'win32')('a file that changes places with a fifo', () => {
  it('is read or refused, and never waited for', { timeout: 2 * HANGS_MS }, async () => {
    const file = join(folder, 'swapped');
    await writeFile(file, 'text\n');
    const swapping = spawn('sh', ['-c', SWAPS, file], { stdio: 'ignore' });
    onTestFinished(() => void swapping.kill());
    const outcomes = new Set<string>();
    const reading = (async () => {
      for (let reads = 0; reads < READS || outcomes.size < 2; reads++) {
        outcomes.add(await readRegularFile(file, 100).catch(messageOf));
      }
      return 'read';
    })();
    const hanging = new Promise((resolve) => setTimeout(resolve, HANGS_MS, 'hangs').unref());
    expect(await Promise.race([reading, hanging])).toBe('read');
    expect(outcomes).toEqual(new Set(['text\n', 'it is a named pipe, not a regular file']));
  });
});

describe('a regular file', () => {
  it('is read up to its limit, and refused beyond it', async () => {
    const file = join(folder, 'regular');
    const text = 'ä'.repeat(50_000);
    await writeFile(file, text);
    expect(await readRegularFile(file, 100_000)).toBe(text);
    expect(readRegularFileSync(file, 100_000)).toBe(text);
    const refusal = 'it has 100000 bytes, and at most 99999 are read';
    await expect(readRegularFile(file, 99_999)).rejects.toThrow(refusal);
    expect(() => readRegularFileSync(file, 99_999)).toThrow(refusal);
  });
});

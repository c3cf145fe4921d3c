import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Token } from 'node-llama-cpp';
import { afterAll, expect, it } from 'vitest';
import { createLocalBackend } from '../../../../../src/backends/local/backend.ts';
import type { Slot } from '../../../../../src/backends/local/runners/llama-cpp/slot.ts';
import { StateFiles } from '../../../../../src/backends/local/prefix-cache/state-files.ts';
import { Transcripts } from '../../../../../src/backends/local/transcripts.ts';
import { isMissing } from '../../../../support/optional.ts';
import { collect, MINI, request, said } from '../../../../support/requests.ts';
import { ENGINE } from '../../../../support/engine-variant.ts';
import { covers } from '../../../../support/covers.ts';

covers('R6.7-disk');

const childModule = new URL('../../../../../dist/backends/local/worker/child.js', import.meta.url);
const folder = mkdtempSync(path.join(tmpdir(), 'portico-test-'));
const isMounted = mountSmallDisk();
afterAll(() => {
  if (isMounted) run('umount', folder);
  rmSync(folder, { recursive: true });
});

/** A disk of 64 kB, where this user may make one: a state takes more. */
function mountSmallDisk(): boolean {
  try {
    run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder);
    return true;
  } catch {
    return false;
  }
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: 'ignore' });
}

const noDisk = isMissing('a small disk', isMounted ? folder : undefined, 'run the tests as root');

it.skipIf(noDisk)(
  'states that find no place on the disk cost a line of the log, and no request',
  async () => {
    const warnings: string[] = [];
    const backend = createLocalBackend({
      engine: 'isolated',
      ...ENGINE,
      context: undefined,
      parallel: 1,
      states: { folder, limitBytes: 100_000_000 },
      queueLimit: 8,
      childModule,
      log: (message, level) => level !== 'info' && warnings.push(message),
    });
    // Conversations on one slot push each other's states out, into files.
    const ask = (topic: string) => {
      const text = `${`${topic} is calm, the night is long. `.repeat(40)} Count from 1 to 3`;
      const asked = request(MINI, said(text), { maxTokens: 24 });
      return collect(backend.generate(asked, AbortSignal.timeout(60_000)));
    };
    const first = await ask('The river');
    for (const topic of ['The mountain', 'The desert']) {
      expect((await ask(topic)).finish?.usage.outputTokens).toBeGreaterThan(0);
    }
    expect((await ask('The river')).text).toBe(first.text);
    expect(warnings).toEqual([
      expect.stringMatching(/^Prefixes can't be kept in .*evaluated again/),
    ]);
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    expect(files.filter((entry) => entry.isFile())).toEqual([]);
    await backend.close();
  },
);

it.skipIf(noDisk)('a state whose record finds no place leaves no file on a full disk', async () => {
  const warnings: string[] = [];
  const states = await StateFiles.open({
    folder,
    limitBytes: 100_000_000,
    model: 'mini',
    identity: 'full',
    transcripts: new Transcripts(),
    log: (message) => warnings.push(message),
  });
  const slot: Pick<Slot, 'session' | 'isHeld' | 'save'> = {
    session: {},
    isHeld: false,
    async save(file) {
      // All but one page of the disk.
      await writeFile(file, new Uint8Array(15 * 4096));
      return { bytes: 15 * 4096, tokens: [1] as unknown as readonly Token[] };
    },
  };
  await states.save(slot as Slot);
  expect(warnings).toEqual([expect.stringContaining('no space left on device')]);
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  expect(files.filter((entry) => entry.isFile())).toEqual([]);
  states.close();
});

import { execFile } from 'node:child_process';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { unpack } from '../../src/download/archive/unpack.ts';
import { tarGz, zip } from '../support/archives.ts';

const SIGNAL = new AbortController().signal;

/** A new folder with an empty folder `out` to unpack into. */
async function workspace() {
  const folder = await mkdtemp(path.join(tmpdir(), 'portico-archive-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const out = path.join(folder, 'out');
  await mkdir(out);
  return { folder, out, inFolder: (name: string) => path.join(folder, name) };
}

/** Unpacks bytes as a file with an ending. */
async function unpacked(bytes: Uint8Array, ending: string) {
  const place = await workspace();
  const file = place.inFolder(`archive${ending}`);
  await writeFile(file, bytes);
  return { ...place, done: unpack(file, place.out, SIGNAL) };
}

describe('unpacking', () => {
  it('reads what the tar of this system writes: links, programs, empty files and long names', async () => {
    const { folder, out, inFolder } = await workspace();
    const long = `${'long-'.repeat(30)}name`;
    await mkdir(inFolder('in/deep/folder'), { recursive: true });
    const big = 'river '.repeat(100_000);
    await writeFile(inFolder('in/program'), big, { mode: 0o755 });
    await writeFile(inFolder('in/empty'), '');
    await writeFile(inFolder(`in/deep/folder/${long}`), 'found');
    await symlink('program', inFolder('in/program.so.1'));
    await promisify(execFile)('tar', ['-czf', 'a.tar.gz', '-C', 'in', '.'], { cwd: folder });
    await unpack(inFolder('a.tar.gz'), out, SIGNAL);
    expect((await readdir(out)).toSorted()).toEqual(['deep', 'empty', 'program', 'program.so.1']);
    expect(await readFile(path.join(out, 'program.so.1'), 'utf8')).toBe(big);
    expect(await readlink(path.join(out, 'program.so.1'))).toBe('program');
    expect((await stat(path.join(out, 'program'))).mode & 0o111).toBe(0o111);
    expect((await stat(path.join(out, 'empty'))).mode & 0o111).toBe(0);
    expect(await readFile(path.join(out, 'deep/folder', long), 'utf8')).toBe('found');
  });

  it('reads a zip file', async () => {
    const entries = [
      { path: 'llama/', content: '' },
      { path: 'llama/server', content: 'x'.repeat(100_000), mode: 0o755 },
      { path: 'empty' },
    ];
    const { done, out } = await unpacked(zip(entries), '.zip');
    await done;
    expect(await readFile(path.join(out, 'llama/server'), 'utf8')).toBe('x'.repeat(100_000));
    expect((await stat(path.join(out, 'llama/server'))).mode & 0o111).toBe(0o111);
    expect(await readFile(path.join(out, 'empty'), 'utf8')).toBe('');
  });

  it.each([
    '../evil',
    '/evil',
    'a/../../evil',
    String.raw`..\evil`,
    String.raw`a\..\..\evil`,
    'C:evil',
  ])('refuses the path %s', async (evil) => {
    for (const [write, ending] of [
      [tarGz, '.tar.gz'],
      [zip, '.zip'],
    ] as const) {
      const { done, folder } = await unpacked(write([{ path: evil, content: 'x' }]), ending);
      await expect(done).rejects.toThrow(/contains the path '.*', which leaves its folder/);
      expect(await readdir(folder)).not.toContain('evil');
    }
  });

  it.each(['..', '../evil', '/etc/passwd', 'b/../..', '.'])(
    'refuses a link to %s',
    async (link) => {
      const { done } = await unpacked(tarGz([{ path: 'a', link }]), '.tar.gz');
      await expect(done).rejects.toThrow(/contains a link to '.*', which leaves its folder/);
    },
  );

  it('writes nothing through a link', async () => {
    const entries = [
      { path: 'real', content: 'before' },
      { path: 'link', link: 'real' },
      { path: 'link', content: 'after' },
    ];
    const { done, out } = await unpacked(tarGz(entries), '.tar.gz');
    await expect(done).rejects.toMatchObject({ code: 'conflict' });
    expect(await readFile(path.join(out, 'real'), 'utf8')).toBe('before');
  });

  const good = [{ path: 'file', content: 'some text that is long enough'.repeat(50) }];
  it.each([
    ['a hard link', tarGz([{ path: 'a', type: '1', link: 'b' }]), '.tar.gz', 'neither a file'],
    ['a device', tarGz([{ path: 'a', type: '3' }]), '.tar.gz', 'neither a file'],
    ['half a gzip file', tarGz(good).subarray(0, 60), '.tar.gz', 'is not a complete gzip'],
    ['no gzip file', Buffer.from('<html>'), '.tar.gz', 'is not a complete gzip'],
    ['half a zip file', zip(good).subarray(0, 60), '.zip', 'is not a complete zip'],
    ['no zip file', Buffer.from('<html>'), '.zip', 'is not a complete zip'],
    ['a zip file with damaged data', damagedZip(), '.zip', 'is damaged'],
  ])('reports %s', async (_case, bytes, ending, reason) => {
    const { done } = await unpacked(bytes, ending);
    await expect(done).rejects.toMatchObject({
      code: 'backend-failed',
      message: expect.stringContaining(reason) as string,
    });
  });

  function damagedZip(): Buffer {
    const bytes = Buffer.from(zip(good));
    bytes.fill(0xff, 34, 44);
    return bytes;
  }
});

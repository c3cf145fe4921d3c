import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { chooseBuild } from '../../../src/download/engine-build.ts';
import type { Release } from '../../../src/download/release.ts';
import { tarGz } from '../../support/archives.ts';
import type { WrittenEntry } from '../../support/archives.ts';
import { runHere } from '../../support/command-line.ts';
import { isLlamaServerMissing, LLAMA_SERVER } from '../../support/llama-server.ts';
import { serveRelease } from '../../support/release-host.ts';
import { mountSmallDisk } from '../../support/small-disk.ts';
import { makeHome } from '../home.ts';

/** A program that answers like llama-server about itself. */
const script = (version: string, help = HELP) =>
  `#!/bin/sh\ncase $1 in --version) echo "version: ${version}" >&2;; --help) echo "${help}";; esac\n`;
const HELP = '--api-key --cache-ram --no-context-shift --parallel --slot-save-path --swa-full';

/** The archive of a release: the program, a library with two names, and random bytes. */
function archive(tag: string, program = script(tag), more: readonly WrittenEntry[] = []): Buffer {
  return tarGz([
    { path: `llama-${tag}/` },
    { path: `llama-${tag}/llama-server`, content: program, mode: 0o755 },
    { path: `llama-${tag}/libllama.so.0.1`, content: noise() },
    { path: `llama-${tag}/libllama.so`, link: 'libllama.so.0.1' },
    ...more,
  ]);
}

/** Text that does not compress, so that a download has several pieces. */
function noise(): string {
  let state = 1;
  return Array.from({ length: 40_000 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state.toString(36);
  }).join('');
}

const nameOf = (tag: string, build = '') =>
  `llama-${tag}-bin-${SYSTEM}${build}-${process.arch}.tar.gz`;
const SYSTEM = process.platform === 'darwin' ? 'macos' : 'ubuntu';

/** A home whose commands use a server of releases. */
async function withRelease(
  archives: Readonly<Record<string, Buffer>> = { [nameOf('b1')]: archive('b1') },
  faults: Parameters<typeof serveRelease>[2] = {},
) {
  const host = await serveRelease('b1', archives, faults);
  const { portico, registryFile, environment } = await makeHome(undefined, {
    GITHUB_API_URL: host.url,
    PATH: '/usr/bin:/bin',
  });
  const engines = join(dirname(registryFile), 'data/engines');
  const install = (...flags: string[]) => portico('engine', 'install', 'llama-server', ...flags);
  return {
    host,
    portico,
    install,
    engines,
    environment,
    program: join(engines, 'llama-server/llama-server'),
  };
}

describe.skipIf(process.platform === 'win32')('portico engine install', () => {
  it('shows what it would download, and downloads nothing without a terminal', async () => {
    const { install, host, engines } = await withRelease();
    const { code, stdout, stderr } = await install();
    expect(code).toBe(1);
    expect(stdout).toMatch(/http:.*llama-b1-bin.*\n.*kB, SHA-256 [0-9a-f]{64}\n {2}into .*engines/);
    expect(stderr).toContain('allow it with -y');
    expect(host.downloads()).toEqual([]);
    await expect(readdir(engines)).rejects.toThrow('ENOENT');
  });

  it('installs a release, which engine list names, and remove removes', async () => {
    const { install, portico, engines, program } = await withRelease();
    const { code, stdout } = await install('-y');
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('installed llama-server b1') as string,
    });
    expect(await readdir(engines)).toEqual(['llama-server']);
    const { servers } = JSON.parse((await portico('engine', 'list', '--json')).stdout) as {
      servers: readonly { file: string }[];
    };
    expect(servers.find(({ file }) => file === program)).toEqual({
      file: program,
      place: 'portico engine install',
      used: servers[0]?.file === program,
      version: 'b1',
      devices: [],
    });
    expect((await portico('engine', 'list')).stdout).toMatch(
      /ENGINE .*\n[^]*llama-server +b1 +CPU/,
    );
    expect((await install('-y')).stdout).toContain('is already installed');
    expect((await portico('engine', 'remove', '-y')).stdout).toContain('removed');
    expect(await readdir(engines)).toEqual([]);
    expect((await portico('engine', 'remove', '-y')).stdout).toContain(
      'no llama-server is installed',
    );
  });

  it('resumes a download that broke off', async () => {
    const { install, host, program } = await withRelease(undefined, { breaks: [100_000] });
    expect(await install('-y')).toMatchObject({ code: 0 });
    expect(host.downloads()).toHaveLength(2);
    expect(await readFile(program, 'utf8')).toBe(script('b1'));
  });

  it('replaces an older build, and keeps it if the new one does not run here', async () => {
    const old = {
      [nameOf('b1')]: archive('b1'),
      [nameOf('b1', '-broken')]: archive('b1', '#!/bin/sh\nexit 127\n'),
    };
    const newer = { ...old, [nameOf('b1', '-other')]: archive('b1', script('other')) };
    const { install, engines, program } = await withRelease(newer);
    await install('-y');
    expect(await install('-y', '--build', 'other')).toMatchObject({ code: 0 });
    expect(await readFile(program, 'utf8')).toBe(script('other'));
    const { code, stderr } = await install('-y', '--build', 'broken');
    expect(code).toBe(1);
    expect(stderr).toMatch(/was not installed: .* does not run here/);
    expect(await readFile(program, 'utf8')).toBe(script('other'));
    expect(await readdir(engines)).toEqual(['llama-server']);
  });

  it.each<readonly [string, Parameters<typeof serveRelease>[2], RegExp]>([
    [
      'a wrong digest',
      { digest: `sha256:${'0'.repeat(64)}` },
      /another file than its source lists/,
    ],
    ['no digest', { digest: null }, /lists no SHA-256 of llama-b1-.* choose another release/],
    ['a busy API', { status: 403 }, /GitHub allows a number of requests/],
    ['another server', { body: '<html>' }, /sent no release; set GITHUB_API_URL/],
  ])('reports %s', async (_case, faults, reason) => {
    const { install, engines } = await withRelease(undefined, faults);
    const { code, stderr } = await install('-y');
    expect(code).toBe(1);
    expect(stderr).toMatch(reason);
    expect(await readdir(engines).catch(() => [])).toEqual([]);
  });

  it.each<readonly [string, Buffer, RegExp]>([
    [
      'a path outside',
      archive('b1', script('b1'), [{ path: '../evil', content: 'x' }]),
      /leaves its folder/,
    ],
    ['no program', tarGz([{ path: 'README', content: 'x' }]), /does not contain llama-server/],
    ['an old program', archive('b1', script('b1', '--parallel')), /too old: it lacks --api-key/],
  ])('does not install an archive with %s', async (_case, bytes, reason) => {
    const { install, engines } = await withRelease({ [nameOf('b1')]: bytes });
    expect((await install('-y')).stderr).toMatch(reason);
    expect(await readdir(engines)).toEqual([]);
  });

  it('reports a release without a build for this machine, and an unknown tag or build', async () => {
    const none = await withRelease({ 'llama-b1-bin-ubuntu-riscv.tar.gz': archive('b1') });
    expect((await none.install('-y')).stderr).toMatch(
      /has no build for .*; build llama\.cpp yourself/,
    );
    const { install, host } = await withRelease();
    expect((await install('-y', '--release', 'b2')).stderr).toMatch(
      /has no release b2 .*--release/,
    );
    expect((await install('-y', '--build', 'sycl')).stderr).toMatch(/no build 'sycl' .*--build: /);
    expect((await install('-y', '--release', 'b1')).code).toBe(0);
    expect(host.asked.at(-1)).toMatch(/\/releases\/tags\/b1$/);
  });

  it('reports that the network is missing', async () => {
    const { portico } = await makeHome(undefined, { GITHUB_API_URL: 'http://127.0.0.1:9' });
    const { code, stderr } = await portico('engine', 'install', '-y');
    expect(code).toBe(1);
    expect(stderr).toMatch(/list of releases can't be had .*check the network/);
  });

  it('reports a folder that it can’t write, and a disk that is full', async () => {
    const { host, install, engines } = await withRelease();
    await mkdir(dirname(engines), { recursive: true });
    await writeFile(engines, 'a file');
    expect((await install('-y')).stderr).toMatch(/engines can't be written: .*check its folder/);
    const disk = await mountSmallDisk();
    if (disk === undefined) return;
    try {
      const home = await makeHome(undefined, { GITHUB_API_URL: host.url });
      const full = await runHere(['engine', 'install', '-y'], {
        ...home.environment,
        PORTICO_HOME: disk.folder,
      });
      expect(full.stderr).toMatch(/too full: the download needs .* kB/);
    } finally {
      await disk.remove();
    }
  });

  it.skipIf(isLlamaServerMissing() || process.platform !== 'linux')(
    'installs a real llama-server',
    async () => {
      const folder = dirname(LLAMA_SERVER ?? '');
      const { registryFile } = await makeHome();
      const packed = join(dirname(registryFile), 'real.tar.gz');
      await promisify(execFile)('tar', [
        '-C',
        dirname(folder),
        '--use-compress-program=gzip -1',
        '-cf',
        packed,
        folder.split('/').at(-1) ?? '',
      ]);
      const { install, portico, program } = await withRelease({
        [nameOf('b1')]: await readFile(packed),
      });
      expect(await install('-y')).toMatchObject({ code: 0 });
      const listed = await portico('engine', 'list', '--llama-server', program);
      expect(listed.stdout).toMatch(/llama-server +\S.*--llama-server .*yes/);
    },
  );
});

describe('the build for a machine', () => {
  const names = [
    'llama-b11211-bin-macos-arm64.tar.gz',
    'llama-b11211-bin-ubuntu-arm64.tar.gz',
    'llama-b11211-bin-ubuntu-cuda-12.8-x64.tar.gz',
    'cudart-llama-b11211-bin-ubuntu-cuda-12.8-x64.tar.gz',
    'llama-b11211-bin-ubuntu-vulkan-x64.tar.gz',
    'llama-b11211-bin-ubuntu-x64.tar.gz',
    'llama-b11211-bin-win-cpu-arm64.zip',
    'llama-b11211-bin-win-cpu-x64.zip',
    'llama-b11211-bin-win-cuda-12.4-x64.zip',
    'cudart-llama-bin-win-cuda-12.4-x64.zip',
    'llama-b11211-bin-win-vulkan-x64.zip',
  ];
  const archives = names.map((name) => [name, { name, url: '', bytes: 1, sha256: 'a' }] as const);
  const release: Release = { tag: 'b11211', archives: new Map(archives) };

  it.each<readonly [NodeJS.Platform, string, string | undefined, readonly string[]]>([
    ['darwin', 'arm64', undefined, ['macos-arm64.tar.gz']],
    ['linux', 'x64', undefined, ['ubuntu-vulkan-x64.tar.gz']],
    ['linux', 'x64', 'cpu', ['ubuntu-x64.tar.gz']],
    ['linux', 'x64', 'cuda-12.8', ['ubuntu-cuda-12.8-x64.tar.gz', 'ubuntu-cuda-12.8-x64.tar.gz']],
    ['linux', 'arm64', undefined, ['ubuntu-arm64.tar.gz']],
    ['win32', 'x64', undefined, ['win-vulkan-x64.zip']],
    ['win32', 'x64', 'cuda-12.4', ['win-cuda-12.4-x64.zip', 'win-cuda-12.4-x64.zip']],
    ['win32', 'arm64', undefined, ['win-cpu-arm64.zip']],
  ])('%s on %s, by --build %s', (platform, arch, wanted, expected) => {
    const build = chooseBuild(release, { platform, arch }, wanted);
    expect(build.archives.map(({ name }) => name.replace(/^.*-bin-/, ''))).toEqual(expected);
  });

  it('must be chosen if only builds for one kind of GPU are there', () => {
    const [, cuda] = archives.filter(([name]) => name.includes('ubuntu-cuda')).toReversed();
    const only: Release = { tag: 'b1', archives: new Map(cuda && [cuda]) };
    const choose = () => chooseBuild(only, { platform: 'linux', arch: 'x64' }, undefined);
    expect(choose).toThrow(/needs a choice of a build .*--build: cuda-12\.8/);
  });
});

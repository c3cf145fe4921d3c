import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ENGINE_VARIABLES } from '../support/engine-variant.ts';
import { openRegistry } from '../support/local-registry.ts';
import type { LocalRegistry } from '../support/local-registry.ts';
import { REPOSITORY } from '../support/server.ts';

/** Builds for GPUs: hundreds of megabytes that are not loaded here. */
const HEAVY = /^@node-llama-cpp\/.*(?:cuda|vulkan)/;

const WINDOWS = process.platform === 'win32';

let folder: string;
let registry: LocalRegistry;
let packed: z.infer<typeof PACKED>;

const PACKED = z.object({
  filename: z.string(),
  files: z.array(z.object({ path: z.string() })),
});

/** Runs a program in a folder, without input; rejects if it fails. */
function run(program: string, args: readonly string[], cwd = folder) {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|PORTICO_|ANTHROPIC_|NODE_OPTIONS$)/i.test(name),
  );
  const env = {
    ...Object.fromEntries(inherited),
    ...ENGINE_VARIABLES,
    NO_COLOR: '1',
    PORTICO_HOME: path.join(folder, 'home'),
  };
  // npm and the programs that it installs are scripts there.
  const shell = WINDOWS && !program.endsWith('.exe');
  const running = promisify(execFile)(program, args, { cwd, env, shell });
  running.child.stdin?.end();
  return running;
}

/** Installs the packed package from the registry on loopback. */
async function install(...flags: readonly string[]): Promise<void> {
  const tarball = path.join(folder, packed.filename);
  const cache = path.join(folder, 'cache');
  const places = ['--cache', cache, '--registry', registry.url];
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier'];
  await run('npm', ['install', tarball, ...places, ...quiet, ...flags]);
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'portico-install-'));
  registry = await openRegistry(HEAVY);
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const { stdout } = await run('npm', pack, REPOSITORY);
  [packed] = z.tuple([PACKED]).parse(JSON.parse(stdout));
});

afterAll(async () => {
  registry.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the packed package', () => {
  it('contains the built program, the embedded model, the catalogue and its papers, and nothing else', () => {
    const kinds = new Set(packed.files.map(({ path: file }) => file.replace(/\/.*/, '/')));
    expect([...kinds].toSorted()).toEqual([
      'LICENSE',
      'README.md',
      'bin/',
      'dist/',
      'docs/',
      'models.schema.json',
      'models.yaml',
      'models/',
      'package.json',
    ]);
    expect(packed.files.filter(({ path: file }) => /test|\.ts$|\.map$/.test(file))).toEqual([]);
  });
});

describe('npm install', { timeout: 180_000 }, () => {
  it('--global installs one build of each engine, and runs the embedded model by it alone', async () => {
    const prefix = path.join(folder, 'prefix');
    await install('--global', '--prefix', prefix);
    const modules = path.join(prefix, WINDOWS ? '' : 'lib', 'node_modules/portico/node_modules');
    expect(await readdir(path.join(modules, '@fugood'))).toEqual([
      `node-llama-${process.platform}-${process.arch}`,
    ]);
    const portico = path.join(prefix, WINDOWS ? 'portico.cmd' : 'bin/portico');
    const { stdout } = await run(portico, ['run', 'mini', 'Count from 1 to 3']);
    expect(stdout.trim()).toBe('1, 2, 3');
    await rm(path.join(modules, '@node-llama-cpp'), { recursive: true });
    await expect(run(portico, ['run', 'mini', 'Hello'])).rejects.toMatchObject({
      stderr: expect.stringContaining('node-llama-cpp has no build of llama.cpp for'),
    });
  });

  it('--omit=optional builds nothing, and portico reports what a local model lacks', async () => {
    const project = path.join(folder, 'project');
    await mkdir(project);
    await install('--omit=optional', '--prefix', project);
    const modules = path.join(project, 'node_modules');
    expect(existsSync(path.join(modules, 'node-llama-cpp'))).toBe(false);
    const closed = "import('portico').catch(({ code }) => console.log(code))";
    const { stdout } = await run(process.execPath, ['--eval', closed], project);
    expect(stdout.trim()).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED');
    const portico = path.join(modules, '.bin', WINDOWS ? 'portico.cmd' : 'portico');
    for (const args of [
      ['run', 'mini', 'Hello'],
      ['show', 'mini'],
    ]) {
      await expect(run(portico, args)).rejects.toMatchObject({
        stderr: expect.stringMatching(/package node-llama-cpp is not installed.*--omit=optional/),
      });
    }
  });
});

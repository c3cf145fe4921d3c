import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { REPOSITORY, runPortico } from '../support/server.ts';
import { runHere } from '../support/command-line.ts';
import { covers } from '../support/covers.ts';

const run = (...argv: string[]) => runHere(argv);

const COVERAGE = z.object({ result: z.array(z.object({ url: z.string() })) });

/** Scripts that a command line loads. The coverage of V8 lists them all. */
async function scriptsOf(...args: string[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'portico-coverage-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { code } = await runPortico(args, { NODE_V8_COVERAGE: folder, PORTICO_HOME: folder });
  expect(code).toBe(0);
  const reports = (await readdir(folder)).filter((name) => name.startsWith('coverage-'));
  const texts = await Promise.all(reports.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap((text) => COVERAGE.parse(JSON.parse(text)).result.map(({ url }) => url));
}

/** Bytes of code that a command reads. */
async function codeOf(...args: string[]): Promise<number> {
  const files = new Set((await scriptsOf(...args)).filter((url) => url.startsWith('file:')));
  const sizes = await Promise.all([...files].map(async (url) => (await stat(new URL(url))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe('--version', () => {
  covers('R2.2-version');

  it.each(['--version', '-v', '-V', 'version'])(
    '%s prints the version of the package',
    async (flag) => {
      const manifest = z
        .object({ version: z.string() })
        .parse(JSON.parse(await readFile(join(REPOSITORY, 'package.json'), 'utf8')));
      const expected = { code: 0, stdout: `${manifest.version}\n`, stderr: '' };
      expect(await run(flag)).toEqual(expected);
      expect(await runPortico([flag])).toEqual(expected);
    },
  );
});

describe('bin/portico.js', () => {
  it('reports a missing build, with the command to build', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'portico-unbuilt-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await cp(join(REPOSITORY, 'bin'), join(folder, 'bin'), { recursive: true });
    const launcher = join(folder, 'bin', 'portico.js');
    await expect(promisify(execFile)(process.execPath, [launcher, 'ls'])).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'Error: Portico is not built yet; run `npm run build` in its folder.\n',
    });
  });
});

const COMMANDS =
  'serve run pull show ls|list cp rm default ps stop launch env service completion'.split(' ');

describe('--help', () => {
  covers('R2.2-help', 'R2.2-serve');

  it('is printed by an empty command line, with exit code 0', async () => {
    expect(await run()).toEqual(await run('--help'));
    expect((await run()).stdout).toContain('Usage: portico');
  });

  it('lists the commands', async () => {
    const { code, stdout, stderr } = await run('--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of COMMANDS) {
      expect(stdout).toMatch(new RegExp(`^  ${command.replace('|', '\\|')} `, 'm'));
    }
  });

  it.each([
    [
      'serve',
      '--host --port --model --models --threads --gpu-layers --flash-attention --kv-type --prompt-lookup --llama-server --memory --context --parallel --state-cache --store-limit --keep-files --keep-alive --preload --engine --api-key-file --api-key --cors --allowed-host --web-search --web-fetch --mcp-allow --insecure --limit-requests --limit-input-tokens --limit-output-tokens --strict-api --log-level',
    ],
    ['run', '--models --threads --context --engine'],
    ['ls', '--json --models'],
    ['cp', '--models'],
    ['rm', '--models'],
    ['pull', '--name --json --models'],
    ['show', '--json --models'],
    ['default', '--json --models'],
    ['ps', '--json --host --port --url --api-key --api-key-file'],
    ['stop', '--force --json --host --port --url --api-key --api-key-file'],
    [
      'launch',
      '--model --small --config --restore --yes --json --host --port --url --api-key --api-key-file',
    ],
    ['env', '--model --small --shell --json --host --port --url --api-key --api-key-file'],
    ['service', '--yes'],
    ['completion', ''],
  ])('lists the flags of %s', async (command, flags) => {
    const { code, stdout } = await run(command, '--help');
    expect(code).toBe(0);
    const listed = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag);
    expect(listed).toEqual([...flags.split(' ').filter((flag) => flag !== ''), '--help']);
  });
});

describe('heavy modules', () => {
  covers('R2.2-lazy');

  it.each([[['--version']], [['--help']], [['serve', '--help']]])(
    'are not loaded by %o',
    async (args) => {
      expect(await codeOf(...args)).toBeLessThan(150_000);
    },
  );

  it('are found by this test when a command loads them', async () => {
    expect(await codeOf('ls')).toBeGreaterThan(1_000_000);
  });
});

describe('an invalid command line', () => {
  covers('R2.2-usage');

  it.each([
    [['bogus'], "unknown command 'bogus'; see: portico --help"],
    [['sevre'], "unknown command 'sevre' (Did you mean serve?)"],
    [['ls', '--bogus'], "unknown option '--bogus'"],
    [['cp', 'mini'], "missing required argument 'destination'"],
    [['rm'], "missing required argument 'name'; see: portico rm --help"],
    [['list', 'x'], 'Expected 0 arguments but got 1; see: portico ls --help'],
    [['ps', '--url', 'nope'], "--url: 'nope' is not allowed; use an address such as http://"],
    [['cp', 'a', 'b', 'c'], 'too many arguments'],
    [['serve', '--port'], "option '--port <port>' argument missing"],
  ])('%o causes one line and exit code 1', async (argv, message) => {
    const { code, stdout, stderr } = await run(...argv);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^Error: .*\n$/);
    expect(stderr).toContain(message);
  });
});

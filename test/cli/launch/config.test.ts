import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { freePort } from '../../support/asking.ts';
import { makeLaunchHome } from '../../support/launching.ts';
import { startServer } from '../../support/server.ts';
import type { RunningServer } from '../../support/server.ts';
import { covers } from '../../support/covers.ts';

const THEIRS = '{\n  "theme": "dark"\n}\n';

const SETTINGS = z.looseObject({ env: z.record(z.string(), z.string()) });

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ args: ['--context', '40960'] });
});
afterAll(() => server.stop());

async function withSettings(text: string) {
  const home = await makeLaunchHome();
  await mkdir(join(home.folder, '.claude'));
  const file = join(home.folder, '.claude', 'settings.json');
  await writeFile(file, text);
  return { ...home, file, settings: () => readFile(file, 'utf8') };
}

const onServer = () => ['launch', 'claude', '--url', server.url];

describe('portico launch claude --config', () => {
  covers('R5.1-config', 'R5.1-restore', 'R5.1-broken');

  it('shows the change and writes it; --restore undoes it', async () => {
    const { run, file, settings, report } = await withSettings(THEIRS);
    const { code, stdout } = await run([...onServer(), '--config', '-y']);
    expect(code).toBe(0);
    expect(stdout).toContain(`${file}:\n`);
    expect(stdout).toContain(`  + env.ANTHROPIC_BASE_URL: "${server.url}"\n`);
    expect(stdout).toContain('  + permissions.disableAutoMode: "disable"\n');
    expect(stdout).toContain(`written, backup: ${file}.before-portico;`);
    expect(await report()).toBeUndefined();
    const written = await settings();
    expect(written).toContain('{\n  "theme": "dark",\n');
    expect(SETTINGS.parse(JSON.parse(written)).env).toMatchObject({
      ANTHROPIC_MODEL: 'mini',
      ANTHROPIC_API_KEY: '',
      CLAUDE_CODE_MAX_OUTPUT_TOKENS: '10240',
    });
    const again = await run([...onServer(), '--config', '-y']);
    expect(again.stdout).toBe(`${file} is already set up\n`);
    const restored = await run(['launch', 'claude', '--restore']);
    expect(restored).toMatchObject({ code: 0, stdout: `${file} is restored\n` });
    expect(await settings()).toBe(THEIRS);
    const nothing = await run(['launch', 'claude', '--restore']);
    expect(nothing).toMatchObject({ code: 0, stdout: `${file} has no settings of Portico\n` });
  });

  it('reports what was changed since, and leaves it', async () => {
    const { run, file, settings } = await withSettings(THEIRS);
    await run([...onServer(), '--config', '-y']);
    await writeFile(
      file,
      (await settings()).replace('"ANTHROPIC_API_KEY": ""', '"ANTHROPIC_API_KEY": "mine"'),
    );
    const { stdout } = await run(['launch', 'claude', '--restore']);
    expect(stdout).toContain('except what was changed since: env.ANTHROPIC_API_KEY\n');
    expect(await settings()).toBe(
      '{\n  "theme": "dark",\n  "env": {\n    "ANTHROPIC_API_KEY": "mine"\n  }\n}\n',
    );
  });

  it('needs -y without a terminal', async () => {
    const { run, file, settings } = await withSettings(THEIRS);
    const { code, stdout, stderr } = await run([...onServer(), '--config']);
    expect(code).toBe(1);
    expect(stdout).toContain('+ env.ANTHROPIC_MODEL: "mini"');
    expect(stderr).toContain(
      `Error: ${file} is not changed, because there is no terminal to confirm it; allow it with -y\n`,
    );
    expect(await settings()).toBe(THEIRS);
    expect(existsSync(`${file}.before-portico`)).toBe(false);
  });

  it('uses CLAUDE_CONFIG_DIR, and refuses port 0, which changes each time', async () => {
    const { run, folder } = await makeLaunchHome();
    const variables = { CLAUDE_CONFIG_DIR: join(folder, 'other') };
    expect((await run([...onServer(), '--config', '-y'], variables)).code).toBe(0);
    expect(existsSync(join(folder, 'other', 'settings.json'))).toBe(true);
    expect((await run(['launch', 'claude', '--restore'], variables)).code).toBe(0);
    expect(existsSync(join(folder, 'other', 'settings.json'))).toBe(false);
    const free = await run(['launch', 'claude', '--config', '--port', '0'], {});
    expect(free.stderr).toContain('port 0 is a different one each time; set one with --port');
  });

  it('says how to start a server if it had started one for itself', async () => {
    const { run } = await makeLaunchHome();
    const port = String(await freePort());
    const { stdout } = await run(['launch', 'claude', '--config', '-y'], { PORTICO_PORT: port });
    expect(stdout).toContain(
      `claude needs a server at http://127.0.0.1:${port} from now on: portico serve\n`,
    );
  });

  it.each([
    ['{\n  "theme": dark\n}\n', /^Error: \S+:2:12: this is not valid JSON \(\w+\); correct it\./],
    ['{\n  // mine\n}\n', /^Error: \S+:2:3: Claude Code ignores a settings file with comments;/],
    ['{ "env": ["A=1"] }', /^Error: \S+: 'env' is not a JSON object, so Claude Code ignores/],
  ])('refuses %j before anything else', async (theirs, message) => {
    const { run, settings } = await withSettings(theirs);
    // No program listens there, so this also shows that no server is asked or started.
    const args = ['launch', 'claude', '--config', '-y', '--port', '9'];
    const { code, stdout, stderr } = await run(args, {});
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/ Nothing was changed\.\n$/);
    expect(await settings()).toBe(theirs);
  });

  it('overwrites env: null after a byte order mark, and restores both', async () => {
    const theirs = '\uFEFF{ "env": null }\r\n';
    const { run, settings } = await withSettings(theirs);
    const { stdout } = await run([...onServer(), '--config', '-y']);
    expect(stdout).toContain('  - env: null\n  + env.ANTHROPIC_API_KEY: ""\n');
    expect(await settings()).toMatch(/^\uFEFF\{ "env": \{/);
    expect((await run(['launch', 'claude', '--restore'])).code).toBe(0);
    expect(await settings()).toBe(theirs);
  });
});

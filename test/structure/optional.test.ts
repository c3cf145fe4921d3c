import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { findOnPath, isMissing } from '../support/optional.ts';
import { covers } from '../support/covers.ts';

describe('an optional tool', () => {
  covers('R2.0-optional');

  it('that is there is used', () => {
    const options = { environment: {}, say: expect.unreachable };
    expect(isMissing('node', process.execPath, '', options)).toBe(false);
  });

  it.each([
    ['without a setting', undefined, 'Python is not here: install it'],
    ['that is missing at its path', '/nowhere/python', 'Python is not at /nowhere/python: inst'],
  ])('%s is one loud line', (_case, file, text) => {
    const lines: string[] = [];
    const options = { environment: {}, say: (line: string) => void lines.push(line) };
    expect(isMissing('Python', file, 'install it', options)).toBe(true);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trim().split('\n')).toHaveLength(1);
    expect(lines[0]).toContain(`!!! SKIPPED: ${text}`);
  });

  it('that is missing fails where all are required', () => {
    const environment = { PORTICO_REQUIRE_ALL: '1' };
    const ask = (isRequired: boolean) => {
      const options = { environment, say: () => undefined, isRequired };
      return isMissing('Python', undefined, 'install it', options);
    };
    expect(() => ask(true)).toThrow('SKIPPED');
    expect(ask(false)).toBe(true);
  });

  it('is found on the PATH', () => {
    expect(findOnPath('no-such-program')).toBeUndefined();
    expect(findOnPath('node')).toMatch(/node$/);
  });
});

describe('the end of a run', () => {
  covers('R2.0-ci');

  const fixture = path.resolve(import.meta.dirname, '../fixtures/missing-parts');
  const vitest = path.resolve(import.meta.dirname, '../../node_modules/vitest/vitest.mjs');
  const run = async (args: readonly string[], required = '') => {
    const config = path.join(fixture, 'vitest.config.ts');
    const command = [vitest, 'run', '--config', config, ...args];
    const env = { ...process.env, PORTICO_REQUIRE_ALL: required };
    return promisify(execFile)(process.execPath, command, { env });
  };

  it('says by which missing part how many tests were skipped', async () => {
    expect((await run(['skips.ts'])).stdout).toBe(
      [
        'Skipped, by the part that is missing on this machine:',
        '    2  an old python',
        '    2  a new python',
        '    1  a disk',
        '',
      ].join('\n'),
    );
  });

  it('says nothing of tests that a name pattern leaves out', async () => {
    expect((await run(['-t', 'needs nothing'])).stdout).toBe('');
  });

  it('fails for a test that is skipped without a missing part if all are required', async () => {
    await expect(run(['skips.ts'], '1')).resolves.toBeDefined();
    const stdout = expect.stringContaining('a test that no missing part skips is a failure');
    await expect(run(['left-out.ts'], '1')).rejects.toMatchObject({ code: 1, stdout });
  });
});

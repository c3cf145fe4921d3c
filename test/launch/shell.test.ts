import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guessSyntax, shellScript } from '../../src/launch/shell.ts';
import type { ShellSyntax } from '../../src/launch/shell.ts';
import { findOnPath, isMissing } from '../support/optional.ts';
import { covers } from '../support/covers.ts';

const VALUE = 'it\'s "a" $HOME \\n \\\\\' `id` ‘x’ \n !! %PATH%';

/** Flags that keep a shell from reading its user's own files. */
const BARE: Readonly<Record<string, string>> = {
  bash: '--norc',
  zsh: '--no-rcs',
  fish: '--no-config',
};

/** Variables of a shell after it evaluated a script. */
function evaluated(
  shell: string,
  script: string,
  environment: Record<string, string> = {},
): string {
  return execFileSync(shell, [BARE[shell] ?? '', '-c', `${script}\nenv -0`], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    encoding: 'utf8',
  });
}

const SHELLS = [
  ['bash', 'bash'],
  ['zsh', 'bash'],
  ['fish', 'fish'],
] as const;

describe('shellScript', () => {
  covers('R5.2-env');

  describe.each(SHELLS)('%s', (shell, syntax) => {
    const file = findOnPath(shell);
    const missing = isMissing(
      shell,
      file,
      `install ${shell} to check what it makes of portico env`,
    );

    it.skipIf(missing)('sets and unsets variables with any content', () => {
      const script = shellScript(syntax, { A: VALUE, B: '' }, ['ANTHROPIC_API_KEY', 'NOT_SET']);
      const variables = evaluated(shell, script, { ANTHROPIC_API_KEY: 'x' }).split('\0');
      expect(variables).toContain(`A=${VALUE}`);
      expect(variables).toContain('B=');
      expect(variables.filter((line) => line.startsWith('ANTHROPIC_API_KEY'))).toEqual([]);
    });
  });

  it('quotes any text for bash', () => {
    const text = fc.string({
      unit: fc.constantFrom(...'\' " \\ $ ` ! \n ; & | * ? ~ # % { } ( ) < > a'.split(' '), ' '),
    });
    const values = fc.sample(text, 200);
    const set = Object.fromEntries(values.map((value, at) => [`V${at}`, value]));
    const variables = evaluated('bash', shellScript('bash', set, [])).split('\0');
    for (const [name, value] of Object.entries(set))
      expect(variables).toContain(`${name}=${value}`);
  });

  it('doubles typographic quotes for PowerShell', () => {
    expect(shellScript('powershell', { A: "it's ‘$x’" }, ['B'])).toBe(
      "Remove-Item Env:B -ErrorAction SilentlyContinue\n$env:A = 'it''s ‘‘$x’’'\n",
    );
  });

  it.each<[string | undefined, NodeJS.Platform, ShellSyntax]>([
    ['/bin/bash', 'linux', 'bash'],
    ['/usr/bin/zsh', 'darwin', 'bash'],
    ['/opt/homebrew/bin/fish', 'darwin', 'fish'],
    ['/usr/bin/pwsh', 'linux', 'powershell'],
    ['C:\\Program Files\\Git\\bin\\bash.exe', 'win32', 'bash'],
    [undefined, 'linux', 'bash'],
    ['', 'linux', 'bash'],
    [undefined, 'win32', 'powershell'],
  ])('for SHELL=%s on %s has the syntax of %s', (shell, platform, syntax) => {
    expect(guessSyntax(shell, platform)).toBe(syntax);
  });
});

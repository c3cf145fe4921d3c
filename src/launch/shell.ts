import type { Variables } from './agent-model.ts';

/** Syntax that `portico env` can write. The one of bash works in zsh, dash and ksh too. */
export type ShellSyntax = 'bash' | 'fish' | 'powershell';

/** Script that sets and unsets variables in a shell. Values are taken literally. */
export function shellScript(syntax: ShellSyntax, set: Variables, unset: readonly string[]): string {
  const { unsetting, setting } = WORDS[syntax];
  const lines = [
    ...unset.map((name) => unsetting(name)),
    ...Object.entries(set).map(([name, value]) => setting(name, value)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** Syntax of the shell in `SHELL`; PowerShell's on Windows, which has no such variable. */
export function guessSyntax(shell: string | undefined, platform: NodeJS.Platform): ShellSyntax {
  const name = /(?<![^/\\])([^/\\]+?)(?:\.exe)?$/i.exec(shell ?? '')?.[1]?.toLowerCase();
  if (name === undefined) return platform === 'win32' ? 'powershell' : 'bash';
  if (name === 'fish') return 'fish';
  return name === 'pwsh' || name === 'powershell' ? 'powershell' : 'bash';
}

interface Words {
  readonly unsetting: (name: string) => string;
  readonly setting: (name: string, value: string) => string;
}

const WORDS = {
  bash: {
    unsetting: (name) => `unset ${name}`,
    // A quote ends the quoted text, follows escaped, and begins the quoted text again.
    setting: (name, value) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`,
  },
  fish: {
    unsetting: (name) => `set -e ${name}`,
    setting: (name, value) => `set -gx ${name} '${value.replaceAll(/[\\']/g, String.raw`\$&`)}'`,
  },
  powershell: {
    unsetting: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
    // PowerShell reads typographic quotes as quotes too.
    setting: (name, value) => `$env:${name} = '${value.replaceAll(/['‘’‚‛]/g, '$&$&')}'`,
  },
} as const satisfies Record<ShellSyntax, Words>;

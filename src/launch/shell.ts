import type { Variables } from './agent-model.ts';

/** The syntaxes that `portico env` writes; bash's is also that of zsh, dash and ksh. */
export type ShellSyntax = 'bash' | 'fish' | 'powershell';

/** Lines that set and unset variables when a shell evaluates them; values are taken literally. */
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
    // A quote closes the text, is written escaped, and opens the text again.
    setting: (name, value) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`,
  },
  fish: {
    unsetting: (name) => `set -e ${name}`,
    setting: (name, value) => `set -gx ${name} '${value.replaceAll(/[\\']/g, String.raw`\$&`)}'`,
  },
  powershell: {
    unsetting: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
    // PowerShell takes the typographic quotes for quotes too.
    setting: (name, value) => `$env:${name} = '${value.replaceAll(/['‘’‚‛]/g, '$&$&')}'`,
  },
} as const satisfies Record<ShellSyntax, Words>;

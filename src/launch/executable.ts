import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/** Timeout of npm, which may hang with its registry. */
const NPM_TIMEOUT_MS = 10_000;

/** Possible locations of an agent's program. */
export interface Whereabouts {
  /** The file's name, without an extension. */
  readonly program: string;
  /** Further files to try, relative to the user's home, in this order. */
  readonly homeFiles: readonly string[];
}

/** Searched machine. */
export interface Machine {
  readonly environment: NodeJS.ProcessEnv;
  readonly homeFolder: string;
  readonly platform: NodeJS.Platform;
  /** Finds the folder of npm's global packages; called only if no other folder has the program. */
  readonly npmPrefix: () => Promise<string | undefined>;
}

/** Finds an agent's program: on the PATH, in the user's home, then in npm's global folder. */
export async function findExecutable(
  whereabouts: Whereabouts,
  machine: Machine,
): Promise<string | undefined> {
  for (const file of localFiles(whereabouts, machine)) {
    if (await isExecutable(file)) return file;
  }
  const prefix = await machine.npmPrefix();
  if (prefix === undefined) return undefined;
  const file = globalFile(whereabouts.program, prefix, machine.platform);
  return (await isExecutable(file)) ? file : undefined;
}

/** Files to try before npm is asked. Relative folders of the PATH are left out: a project may be hostile. */
export function localFiles(
  { program, homeFiles }: Whereabouts,
  { environment, homeFolder, platform }: Machine,
): readonly string[] {
  const name = fileName(program, platform);
  const folders = (environment['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => isAbsolute(folder));
  return [
    ...folders.map((folder) => join(folder, name)),
    ...homeFiles.map((file) => join(homeFolder, fileName(file, platform))),
  ];
}

function globalFile(program: string, prefix: string, platform: NodeJS.Platform): string {
  const name = fileName(program, platform);
  return platform === 'win32' ? join(prefix, name) : join(prefix, 'bin', name);
}

function fileName(program: string, platform: NodeJS.Platform): string {
  return platform === 'win32' ? `${program}.exe` : program;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

/** Folder of npm's global packages; undefined if npm is missing or does not report it. */
export function npmPrefix(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(
      'npm',
      ['prefix', '--global'],
      { env: environment, timeout: NPM_TIMEOUT_MS },
      (error, stdout) => {
        const prefix = stdout.trim();
        resolve(error === null && prefix !== '' ? prefix : undefined);
      },
    );
  });
}

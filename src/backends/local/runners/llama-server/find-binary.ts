import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Program file of llama-server, and its place. */
export interface FoundServer {
  readonly file: string;
  /** Place for messages, such as `PATH`. */
  readonly place: string;
}

/** Facts of this machine for the search. */
export interface SearchOptions {
  /** Path of the setting `--llama-server`. */
  readonly setting?: string | undefined;
  /** Folder with engines that `portico engine install` has installed. */
  readonly enginesFolder?: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  readonly home: string;
  readonly platform: NodeJS.Platform;
}

/** Finds llama-server on this machine, by the server's settings. */
export function findServerHere(settings: {
  readonly llamaServer?: string | undefined;
  readonly enginesFolder?: string | undefined;
}): FoundServer | undefined {
  return findLlamaServer({
    setting: settings.llamaServer,
    enginesFolder: settings.enginesFolder,
    environment: process.env,
    home: homedir(),
    platform: process.platform,
  });
}

/** Folder to search, with its name for messages. */
interface Place {
  readonly name: string;
  readonly folder: string;
}

/**
 * Finds llama-server: by the setting alone if it is set, otherwise in the PATH, among installed engines, and in the
 * folders of programs that bring it along.
 */
export function findLlamaServer(options: SearchOptions): FoundServer | undefined {
  const program = options.platform === 'win32' ? 'llama-server.exe' : 'llama-server';
  const { setting } = options;
  if (setting !== undefined) {
    const file = [setting, join(setting, program)].find(isProgram);
    return file === undefined ? undefined : { file, place: '--llama-server' };
  }
  for (const { name, folder } of placesOf(options)) {
    const file = join(folder, program);
    if (isProgram(file)) return { file, place: name };
  }
  return undefined;
}

function placesOf({ enginesFolder, environment, home, platform }: SearchOptions): readonly Place[] {
  const inPath = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const local = environment['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local');
  const ollama =
    platform === 'win32'
      ? [join(local, 'Programs', 'Ollama', 'lib', 'ollama')]
      : [
          '/usr/local/lib/ollama',
          '/usr/lib/ollama',
          '/opt/homebrew/lib/ollama',
          '/Applications/Ollama.app/Contents/Resources',
          ...inPath.map((folder) => join(folder, '..', 'lib', 'ollama')),
        ];
  const lmStudio = ['.lmstudio', join('.cache', 'lm-studio')].flatMap((folder) =>
    foldersIn(join(home, folder, 'extensions', 'backends')),
  );
  return [
    ...named('PATH', inPath),
    ...named('portico engine install', enginesFolder === undefined ? [] : [enginesFolder]),
    ...named('Homebrew', platform === 'win32' ? [] : HOMEBREW),
    ...named('Ollama', ollama),
    ...named('LM Studio', lmStudio),
  ];
}

const HOMEBREW = ['/opt/homebrew/bin', '/usr/local/bin', '/home/linuxbrew/.linuxbrew/bin'];

function named(name: string, folders: readonly string[]): readonly Place[] {
  return folders.map((folder) => ({ name, folder }));
}

/** Folders in a folder, the last by name first, because newer versions have later names. */
function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .toSorted()
      .toReversed()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

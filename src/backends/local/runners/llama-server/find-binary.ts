import { accessSync, constants, readdirSync, realpathSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { homeFolder } from '../../../../core/home-folder.ts';

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

/** Settings of the server for the search. */
interface SearchSettings {
  readonly llamaServer?: string | undefined;
  readonly enginesFolder?: string | undefined;
}

/** Finds the llama-server that is used on this machine. */
export function findServerHere(settings: SearchSettings): FoundServer | undefined {
  return findServersHere(settings)[0];
}

/** Finds all programs of llama-server on this machine; the first one is used. */
export function findServersHere(
  { llamaServer, enginesFolder }: SearchSettings,
  environment = process.env,
): readonly FoundServer[] {
  const { platform } = process;
  const home = homeFolder(environment);
  return findLlamaServers({ setting: llamaServer, enginesFolder, environment, home, platform });
}

/** Folder to search, with its name for messages. */
interface Place {
  readonly name: string;
  readonly folder: string;
}

/** Name of the program of llama-server. */
export function programName(platform: NodeJS.Platform): string {
  return platform === 'win32' ? 'llama-server.exe' : 'llama-server';
}

/**
 * Finds programs of llama-server: by the setting alone if it is set, otherwise in the PATH, among installed engines, and
 * in the folders of programs that bring it along. Each program is listed once, even if it has several paths.
 */
export function findLlamaServers(options: SearchOptions): readonly FoundServer[] {
  const program = programName(options.platform);
  const { setting } = options;
  if (setting !== undefined) {
    const file = [setting, join(setting, program)].find(isProgram);
    return file === undefined ? [] : [{ file, place: '--llama-server' }];
  }
  const found = placesOf(options)
    .map(({ name, folder }) => ({ file: join(folder, program), place: name }))
    .filter(({ file }) => isProgram(file));
  const paths = found.map(({ file }) => realpathSync(file));
  return found.filter((_server, index) => paths.indexOf(paths[index] ?? '') === index);
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
  const installed = enginesFolder === undefined ? [] : [join(enginesFolder, 'llama-server')];
  const lmStudio = ['.lmstudio', join('.cache', 'lm-studio')].flatMap((folder) =>
    foldersIn(join(home, folder, 'extensions', 'backends')),
  );
  return [
    ...named('PATH', inPath),
    ...named('portico engine install', installed),
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

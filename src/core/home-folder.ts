import { homedir } from 'node:os';

/** Home folder that an environment names, as `os.homedir()` reads that of the process; else that of the process. */
export function homeFolder(environment: NodeJS.ProcessEnv, platform = process.platform): string {
  const home = environment[platform === 'win32' ? 'USERPROFILE' : 'HOME'];
  return home === undefined || home === '' ? homedir() : home;
}

import { execFile } from 'node:child_process';

/** npm may hang where its registry does; nobody waits longer to learn a folder. */
const PATIENCE_MILLISECONDS = 10_000;

/** Where npm puts global packages; undefined where there is no npm, or it does not say. */
export function npmPrefix(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(
      'npm',
      ['prefix', '--global'],
      { env: environment, timeout: PATIENCE_MILLISECONDS },
      (error, stdout) => {
        const prefix = stdout.trim();
        resolve(error === null && prefix !== '' ? prefix : undefined);
      },
    );
  });
}

import { mkdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { lock } from 'proper-lockfile';
import { messageOf, RuntimeFailure } from '../core/failure.ts';
import { writeWholeFile } from '../core/write-file.ts';
import { readUserFile } from './load.ts';

/** New text of the file, and the outcome of the edit. */
export interface Edit<Outcome> {
  readonly text: string;
  readonly outcome: Outcome;
}

/** Retries while another process edits the file: about 15 s, in steps of 20 to 200 ms. */
const RETRIES = { retries: 100, factor: 1.3, minTimeout: 20, maxTimeout: 200, randomize: true };

/**
 * Edits the user's models.yaml atomically, under a lock against other Portico processes. A missing file and
 * folder are created. Throws `conflict` if another process keeps the lock, and errors of `edit`.
 */
export async function editUserFile<Outcome>(
  path: string,
  edit: (text: string | undefined) => Promise<Edit<Outcome>>,
): Promise<Outcome> {
  await mkdir(dirname(path), { recursive: true });
  // The lock of a symbolic link is next to its target, so that all paths share it.
  const target = await realpath(path).catch(async () =>
    join(await realpath(dirname(path)), basename(path)),
  );
  let compromised: Error | undefined;
  const onCompromised = (error: Error): void => {
    compromised = error;
  };
  const release = await lock(target, { realpath: false, retries: RETRIES, onCompromised }).catch(
    (error: unknown) => {
      throw new RuntimeFailure(
        'conflict',
        `${path} can't be locked: ${messageOf(error)}; ` +
          `if no other portico edits it, remove ${target}.lock`,
        { cause: error },
      );
    },
  );
  try {
    const { text, outcome } = await edit(await readUserFile(target));
    if (compromised !== undefined) {
      throw new RuntimeFailure('conflict', `${path} is not changed: its lock was taken over`);
    }
    await writeWholeFile(target, text);
    return outcome;
  } finally {
    await release().catch(() => undefined);
  }
}

import { mkdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { lock } from 'proper-lockfile';
import { messageOf, RuntimeFailure } from '../core/failure.ts';
import { writeWholeFile } from '../core/write-file.ts';
import { readUserFile } from './load.ts';

/** What an edit makes of the file's text, and what it has to tell. */
export interface Edit<Outcome> {
  readonly text: string;
  readonly outcome: Outcome;
}

/** Patience for other processes that edit the file: some 15 s, in steps of 20 to 200 ms. */
const RETRIES = { retries: 100, factor: 1.3, minTimeout: 20, maxTimeout: 200, randomize: true };

/**
 * Changes the user's models.yaml as one step that no other Portico can come between, and that is
 * done whole or not at all. The file and its folder are created where they are missing.
 * Throws `conflict` where another process holds the file, and whatever `edit` throws.
 */
export async function editUserFile<Outcome>(
  path: string,
  edit: (text: string | undefined) => Promise<Edit<Outcome>>,
): Promise<Outcome> {
  await mkdir(dirname(path), { recursive: true });
  // The lock of a file that is a link lies beside what it leads to, whichever way one comes.
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

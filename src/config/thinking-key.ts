import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, RuntimeFailure } from '../core/failure.ts';
import { isErrno } from '../core/json.ts';

const KEY_BYTES = 32;
const OWNER_ONLY = 0o600;

/**
 * Loads the key that signs thinking: 32 random bytes in a file, created on first use, so that signatures
 * stay valid across restarts. Processes that start at the same time get the same key.
 *
 * @throws {internal} if the key file is damaged or can't be read or created
 */
export async function loadThinkingKey(dataFolder: string): Promise<Uint8Array> {
  const file = join(dataFolder, 'thinking.key');
  try {
    return checked((await readKey(file)) ?? (await createKey(dataFolder, file)), file);
  } catch (error) {
    if (error instanceof RuntimeFailure) {
      throw error;
    }
    throw new RuntimeFailure(
      'internal',
      `the key that signs thinking can't be kept at ${file}: ${messageOf(error)}; ` +
        'make the folder writable, or choose another with PORTICO_HOME',
      { cause: error },
    );
  }
}

async function readKey(file: string): Promise<Uint8Array | undefined> {
  try {
    const key = await readFile(file);
    await closeToOthers(file);
    return key;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      return undefined;
    }
    throw error;
  }
}

/** Restricts the file to its owner: restored backups and copies are often readable by everyone. */
async function closeToOthers(file: string): Promise<void> {
  const { mode } = await stat(file);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    await chmod(file, OWNER_ONLY);
  }
}

/** Writes a draft and links it to the final name. If another process was first, the link fails and its key stays. */
async function createKey(dataFolder: string, file: string): Promise<Uint8Array> {
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const draft = join(dataFolder, `.thinking.key.${randomUUID()}`);
  try {
    await writeFile(draft, randomBytes(KEY_BYTES), { mode: OWNER_ONLY, flag: 'wx' });
    await link(draft, file);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) {
      throw error;
    }
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(file);
}

function checked(key: Uint8Array, file: string): Uint8Array {
  if (key.length !== KEY_BYTES) {
    throw new RuntimeFailure(
      'internal',
      `${file} is damaged: it has ${key.length} bytes instead of ${KEY_BYTES}; ` +
        'delete it, and a new key is made (thinking signed so far then counts as foreign)',
    );
  }
  return key;
}

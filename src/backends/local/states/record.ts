import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { parseJson } from '../../../core/json.ts';
import { openRegularFile, readRegularBytes, readRegularFile } from '../../../core/regular-file.ts';
import { writeWholeFile } from '../../../core/write-file.ts';
import { isOld } from './scratch.ts';

/** Version of the files. Increment it if files of an earlier version can't be read. */
const VERSION = 1;

/** A record has less: its transcripts and sessions are few. */
const MOST_RECORD_BYTES = 4 * 2 ** 20;
/** The tokens of the longest contexts take less. */
const MOST_TOKENS_BYTES = 64 * 2 ** 20;

/** Mode of the files: only the owner may read conversations. */
const PRIVATE = 0o600;

const recordSchema = z.object({
  version: z.literal(VERSION),
  /** Name of the model that evaluated it. */
  model: z.string(),
  /** Parameters that the bytes of a state depend on, and the versions of addon and llama.cpp. */
  context: z.string(),
  /** Tokens in the state. */
  tokens: z.int().nonnegative(),
  bytes: z.int().positive(),
  /** CRC-32 of the file of the state. */
  checksum: z.number(),
  /** Keys of conversations, each with the number of tokens up to its last answer. */
  transcripts: z.array(z.tuple([z.string(), z.int().positive()])),
  /** Sessions that used it. */
  sessions: z.array(z.string()),
  /** Names of the client programs that wrote it, as far as they are known. */
  clients: z.array(z.string()).optional(),
  /** True if a client set a cache breakpoint in the prompt. */
  isHeld: z.boolean(),
  /** Saved seconds of evaluation, as measured at the write. */
  seconds: z.number().nonnegative(),
});

export type StateRecord = z.infer<typeof recordSchema>;

/** Record on disk. Its state and its tokens are next to it, under the same name. */
export interface StoredState {
  readonly record: StateRecord;
  /** Path without an ending. */
  readonly stem: string;
  readonly lastUsed: Date;
}

export const stateFile = (stem: string): string => `${stem}.state`;
const recordFile = (stem: string): string => `${stem}.json`;
const tokensFile = (stem: string): string => `${stem}.tokens`;

/** Folder of all states of the same weights. */
export function weightsFolder(folder: string, identity: string): string {
  return path.join(folder, `model-${identity}`);
}

/**
 * Writes the record of a state after its file. A state without a record does not count.
 *
 * @param drafts folder of this process's temporary files, which the next process removes after a kill
 */
export async function writeRecord(
  stem: string,
  record: Omit<StateRecord, 'version'>,
  tokens: readonly number[],
  drafts: string,
): Promise<void> {
  const draft = path.join(drafts, path.basename(stem));
  const bytes = new Uint8Array(Uint32Array.from(tokens).buffer);
  const text = JSON.stringify({ version: VERSION, ...record });
  try {
    await writeWholeFile(tokensFile(draft), bytes, PRIVATE);
    await writeWholeFile(recordFile(draft), text, PRIVATE);
    await rename(tokensFile(draft), tokensFile(stem));
    await rename(recordFile(draft), recordFile(stem));
  } catch (error) {
    await removeState(draft);
    throw error;
  }
}

/** Reads the tokens of a state: its own, and later ones of its longest transcript. */
export async function readTokens(stem: string): Promise<readonly number[]> {
  const bytes = await readRegularBytes(tokensFile(stem), MOST_TOKENS_BYTES);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, at) =>
    bytes.readUInt32LE(at * 4),
  );
}

/** Marks a state as used now. */
export async function touch(stem: string): Promise<void> {
  const now = new Date();
  await utimes(recordFile(stem), now, now).catch(() => undefined);
}

export async function removeState(stem: string): Promise<void> {
  // Remove the record first: without it, the other files do not count.
  for (const file of [recordFile(stem), tokensFile(stem), stateFile(stem)]) {
    await rm(file, { force: true }).catch(() => undefined);
  }
}

/** Removes files of states that are not complete, from a process that was killed during a write. */
export async function removeRemains(folder: string): Promise<void> {
  const names = new Set(await readdir(folder));
  for (const name of names) {
    const stem = stemOf(name);
    if ([recordFile(stem), tokensFile(stem), stateFile(stem)].every((one) => names.has(one)))
      continue;
    const file = path.join(folder, name);
    if (await isOld(file)) await rm(file, { recursive: true, force: true }).catch(() => undefined);
  }
}

const stemOf = (name: string): string => name.split('.', 1).join('');

/** Records that are read of a folder: Portico keeps fewer. */
const MOST_RECORDS = 2000;

/** Reads the records in a folder of states, the least recently used first. Unreadable ones are skipped. */
export async function readRecords(folder: string): Promise<readonly StoredState[]> {
  const names = await readdir(folder).catch(() => []);
  const found: StoredState[] = [];
  for (const name of names.filter((one) => one.endsWith('.json')).slice(0, MOST_RECORDS)) {
    const stem = path.join(folder, name.slice(0, -'.json'.length));
    const stored = await readRecord(stem).catch(() => undefined);
    if (stored !== undefined) found.push(stored);
  }
  return found.toSorted((one, other) => one.lastUsed.getTime() - other.lastUsed.getTime());
}

async function readRecord(stem: string): Promise<StoredState | undefined> {
  const { mtime } = await stat(recordFile(stem));
  const text = await readRegularFile(recordFile(stem), MOST_RECORD_BYTES);
  const { data } = recordSchema.safeParse(parseJson(text));
  // Another server may have removed the state while this one wrote its record again.
  await stat(stateFile(stem));
  return data && { record: data, stem, lastUsed: mtime };
}

/** CRC-32 of a file. */
export async function checksumOf(file: string): Promise<number> {
  const handle = await openRegularFile(file);
  try {
    const piece = Buffer.alloc(2 ** 20);
    let checksum = 0;
    for (;;) {
      const { bytesRead } = await handle.read(piece);
      if (bytesRead === 0) return checksum;
      checksum = crc32(piece.subarray(0, bytesRead), checksum);
    }
  } finally {
    await handle.close();
  }
}

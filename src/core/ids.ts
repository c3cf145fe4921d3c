import { randomFillSync } from 'node:crypto';

const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';
const LENGTH = 24;

/** Creates an id of a tool call, unique across conversations: `toolu_` and 24 letters and digits. */
export function newToolCallId(): string {
  return newId('toolu');
}

/** Creates an id of a message: `msg_…`. */
export function newMessageId(): string {
  return newId('msg');
}

/** Creates an id of a request: `req_…`. */
export function newRequestId(): string {
  return newId('req');
}

/** Creates an id of a stored file: `file_…`. */
export function newFileId(): string {
  return newId('file');
}

/** Pool of random bytes: a system call for each id would dominate the decoding of a small request. */
const pool = new Uint8Array(LENGTH * 256);
let used = pool.length;

function newId(prefix: string): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  let id = `${prefix}_`;
  for (const byte of pool.subarray(used, (used += LENGTH))) id += ALPHABET[byte % ALPHABET.length];
  return id;
}

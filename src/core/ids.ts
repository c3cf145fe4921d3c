import { randomBytes } from 'node:crypto';

const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';
const LENGTH = 24;

/** A new id of a tool call, unique across conversations: `toolu_` and 24 letters and digits. */
export function newToolCallId(): string {
  return newId('toolu');
}

/** A new id of a message: `msg_…`. */
export function newMessageId(): string {
  return newId('msg');
}

/** A new id of a request: `req_…`. */
export function newRequestId(): string {
  return newId('req');
}

function newId(prefix: string): string {
  const letters = Array.from(randomBytes(LENGTH), (byte) => ALPHABET[byte % ALPHABET.length] ?? '');
  return `${prefix}_${letters.join('')}`;
}

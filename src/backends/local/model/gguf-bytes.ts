import { closeSync, readSync } from 'node:fs';
import { openRegularFileSync } from '../../../core/regular-file.ts';

/** Limit of the items of all lists. The largest vocabularies have some 300,000 tokens, and as many merges and scores. */
const MOST_ITEMS = 5_000_000;
const MOST_HEADER_BYTES = 2 ** 28;

/** Limit of a text. Chat templates have up to 100 kB. */
const MOST_TEXT_BYTES = 2 ** 22;

const CHUNK_BYTES = 2 ** 18;

/** Bytes of numeric values, by the number of the type. */
const NUMBER_BYTES = [1, 1, 2, 2, 4, 4, 4, 1, undefined, undefined, 8, 8, 8] as const;

const TEXT = 8;
const LIST = 9;

/** Reader of the header of a GGUF file, in chunks. */
export class GgufBytes {
  readonly #file: number;
  readonly #size: number;
  #chunk: Buffer = Buffer.alloc(0);
  /** Position of the chunk in the file. */
  #start = 0;
  /** Position of the next byte in the file. */
  #at = 0;
  /** Number of list items so far. */
  #items = 0;

  constructor(path: string) {
    ({ file: this.#file, size: this.#size } = openRegularFileSync(path));
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Size of the file in bytes. */
  get size(): number {
    return this.#size;
  }

  /** Position of the next byte. */
  get at(): number {
    return this.#at;
  }

  take(length: number): Buffer {
    const from = this.#at - this.#start;
    if (from < 0 || from + length > this.#chunk.length) this.#load(length);
    const offset = this.#at - this.#start;
    this.skip(length);
    return this.#chunk.subarray(offset, offset + length);
  }

  skip(length: number): void {
    this.#at += length;
    if (this.#at > this.#size) throw new Error('it ends within its header');
    if (this.#at > MOST_HEADER_BYTES)
      throw new Error(`its header has over ${MOST_HEADER_BYTES} bytes`);
  }

  /** Reads an unsigned number of 4 or 8 bytes. */
  number(length: 4 | 8): number {
    const bytes = this.take(length);
    return length === 4 ? bytes.readUInt32LE() : Number(bytes.readBigUInt64LE());
  }

  count(most: number): number {
    const count = this.number(8);
    if (count > most) throw new Error(`it declares ${count} items, and the limit is ${most}`);
    return count;
  }

  text(): string {
    return this.take(this.count(MOST_TEXT_BYTES)).toString('utf8');
  }

  /** Reads a value of a type; undefined for lists, which are skipped, and for fractions. */
  value(type: number): string | number | undefined {
    if (type === TEXT) return this.text();
    if (type === LIST) {
      this.#skipList();
      return undefined;
    }
    const length = widthOf(type);
    const isUnsigned = type === 4 || type === 10;
    if (isUnsigned && (length === 4 || length === 8)) return this.number(length);
    this.skip(length);
    return undefined;
  }

  #skipList(): void {
    const type = this.number(4);
    const count = this.count(MOST_ITEMS - this.#items);
    this.#items += count;
    if (type === LIST) throw new Error('it has a list of lists');
    if (type !== TEXT) return this.skip(widthOf(type) * count);
    for (let left = count; left > 0; left -= 1) this.skip(this.number(8));
  }

  #load(length: number): void {
    const wanted = Math.min(Math.max(length, CHUNK_BYTES), this.#size - this.#at);
    if (wanted < length) throw new Error('it ends within its header');
    const chunk = Buffer.allocUnsafe(wanted);
    const read = readSync(this.#file, chunk, 0, wanted, this.#at);
    if (read < length) throw new Error('it ends within its header');
    this.#chunk = chunk.subarray(0, read);
    this.#start = this.#at;
  }
}

function widthOf(type: number): number {
  const bytes = NUMBER_BYTES[type];
  if (bytes === undefined) throw new Error(`it has a value of the unknown type ${type}`);
  return bytes;
}

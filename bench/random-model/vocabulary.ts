import { readFileSync } from 'node:fs';
import type { RawEntry } from './gguf.ts';

/** Bytes of values by their type in a GGUF file; strings and lists have no fixed size. */
const SIZES: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};
const STRING = 8;
const LIST = 9;
/** Bytes of the header: `GGUF`, the version, and the numbers of tensors and entries. */
const HEAD_BYTES = 24;
const ENTRY_COUNT_AT = 16;

/** Tokenizer with its chat template, in the bytes of a GGUF file. */
export interface Vocabulary {
  readonly entries: readonly RawEntry[];
  readonly size: number;
}

/** Reads the tokenizer of a GGUF file. Throws an Error if it has none. */
export function readVocabulary(file: string): Vocabulary {
  const reader = new Reader(readFileSync(file));
  const entries: RawEntry[] = [];
  let size = 0;
  for (let left = reader.entryCount; left > 0; left--) {
    const { key, length, bytes } = reader.entry();
    if (!key.startsWith('tokenizer.')) continue;
    entries.push(bytes);
    if (key === 'tokenizer.ggml.tokens') size = length;
  }
  if (size === 0) throw new Error(`${file} has no vocabulary.`);
  return { entries, size };
}

class Reader {
  readonly #bytes: Buffer;
  #at = HEAD_BYTES;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get entryCount(): number {
    return Number(this.#bytes.readBigUInt64LE(ENTRY_COUNT_AT));
  }

  /** Reads the next entry; `length` is the one of a list. */
  entry(): { readonly key: string; readonly length: number; readonly bytes: RawEntry } {
    const start = this.#at;
    const key = this.#string();
    const length = this.#skip(this.#uint32());
    return { key, length, bytes: this.#bytes.subarray(start, this.#at) };
  }

  #skip(type: number): number {
    if (type === STRING) this.#string();
    if (type !== LIST) {
      this.#at += SIZES[type] ?? 0;
      return 1;
    }
    const inner = this.#uint32();
    const length = this.#uint64();
    for (let left = length; left > 0; left--) this.#skip(inner);
    return length;
  }

  #string(): string {
    const length = this.#uint64();
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }

  #uint32(): number {
    this.#at += 4;
    return this.#bytes.readUInt32LE(this.#at - 4);
  }

  #uint64(): number {
    this.#at += 8;
    return Number(this.#bytes.readBigUInt64LE(this.#at - 8));
  }
}

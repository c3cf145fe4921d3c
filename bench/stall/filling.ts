/** One request of the bench. */
export interface StallBody {
  readonly name: string;
  /** Default: `/v1/messages`. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly make: () => Uint8Array;
}

/** Just below the limit on a body. */
export const MOST_BYTES = 32 * 1024 * 1024 - 1024;
export const MB = 1_000_000;

/** Beginning of a body, before its measured part. */
export function head(model: string): string {
  return `{"model":"${model}","max_tokens":1,`;
}

/** Short question, for bodies whose measured part is elsewhere. */
export const MESSAGES = '"messages":[{"role":"user","content":"Hi"}]';

/** Body of at most `bytes` bytes: a piece, repeated as often as it fits between a head and a tail. */
export function repeated(bytes: number, before: string, piece: string, after = ''): Buffer {
  const size = Buffer.byteLength(piece);
  const count = Math.floor((bytes - Buffer.byteLength(before + after)) / size);
  return Buffer.concat([
    Buffer.from(before),
    Buffer.alloc(count * size, piece),
    Buffer.from(after),
  ]);
}

/** Like `repeated`, with a different piece for each index. */
export function numbered(
  bytes: number,
  before: string,
  piece: (index: number) => string,
  after = '',
): Buffer {
  const parts: string[] = [];
  let size = before.length + after.length;
  for (let index = 0; size < bytes; index += 1) {
    const part = piece(index);
    size += part.length;
    if (size <= bytes) parts.push(part);
  }
  return Buffer.from(before + parts.join('') + after);
}

/** Joins `count` items of a JSON list or object. */
export function items(count: number, item: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => item(index)).join(',');
}

import { RuntimeFailure } from '../core/errors.ts';

const NEWLINE = 0x0a;

/**
 * Cuts a byte stream into its lines, however it arrives; empty lines are left out. A last line
 * without its newline counts as one.
 *
 * @param maxBytes the longest line that is held in memory; a longer one throws `backend-failed`
 */
export async function* readLines(
  bytes: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<string> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const take = (piece: Uint8Array): void => {
    held.push(piece);
    heldBytes += piece.length;
    if (heldBytes > maxBytes) {
      throw new RuntimeFailure(
        'backend-failed',
        `the server sent a line of over ${maxBytes} bytes`,
      );
    }
  };
  const close = (): string => {
    const line = Buffer.concat(held).toString('utf8').trim();
    held = [];
    heldBytes = 0;
    return line;
  };
  for await (const chunk of bytes) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, end));
      from = end + 1;
      const line = close();
      if (line !== '') yield line;
    }
    take(chunk.subarray(from));
  }
  const rest = close();
  if (rest !== '') yield rest;
}

/** A whole text; one of over `maxBytes` throws `backend-failed`. */
export async function readText(
  bytes: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<string> {
  const held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const piece of bytes) {
    held.push(piece);
    heldBytes += piece.length;
    if (heldBytes > maxBytes) {
      throw new RuntimeFailure('backend-failed', `the server sent over ${maxBytes} bytes`);
    }
  }
  return Buffer.concat(held).toString('utf8');
}

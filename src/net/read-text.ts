import { RuntimeFailure } from '../core/failure.ts';

/** Reads a response as text. Throws `backend-failed` if it has more than `maxBytes`. */
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

/** Reads a response as JSON; returns undefined if it is not JSON or has more than `maxBytes`. */
export async function readJsonAnswer(
  bytes: AsyncIterable<Uint8Array>,
  maxBytes = 8 * 1024 * 1024,
): Promise<unknown> {
  try {
    return JSON.parse(await readText(bytes, maxBytes));
  } catch {
    return undefined;
  }
}

import { RuntimeFailure } from '../core/failure.ts';
import { withTimeout } from './timeouts.ts';

const SPACE = 0x20;

/** Silence within a response after which its end is not waited for: it is sent in one piece. */
const SILENCE_MS = 10_000;

/**
 * Reads a response as text. Returns what arrived if its server stops in the middle and leaves the connection
 * open. White space is no beginning, because some servers send it while a model works.
 *
 * @throws {backend-failed} if it has more than `maxBytes`
 */
export async function readText(
  bytes: AsyncIterable<Uint8Array>,
  maxBytes: number,
  silenceMs = SILENCE_MS,
): Promise<string> {
  const held: Uint8Array[] = [];
  let heldBytes = 0;
  let isBegun = false;
  const iterator = bytes[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = iterator.next();
      const item: IteratorResult<Uint8Array, unknown> | undefined = isBegun
        ? await withTimeout(next, silenceMs)
        : await next;
      if (item === undefined || item.done === true) break;
      held.push(item.value);
      heldBytes += item.value.length;
      isBegun ||= item.value.some((byte) => byte > SPACE);
      if (heldBytes > maxBytes) {
        throw new RuntimeFailure('backend-failed', `the server sent over ${maxBytes} bytes`);
      }
    }
  } finally {
    // A stream may end only after its next bytes, which are not waited for.
    iterator.return?.().catch(() => undefined);
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

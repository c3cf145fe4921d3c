import { RuntimeFailure } from '../core/failure.ts';

const NEWLINE = 0x0a;

/**
 * Splits a byte stream into lines and drops empty ones. A last line without a newline counts.
 *
 * @param maxBytes longest line; a longer one throws `backend-failed`
 */
export async function* readLines(
  bytes: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<string> {
  for await (const lines of readLineGroups(bytes, maxBytes)) yield* lines;
}

/** Lines of a batch. More of a server that sends faster than its client reads would only take memory. */
const MOST_LINES = 32;

/** Yields lines that arrive together in batches: a generator step per line would cost more than splitting. */
export async function* readLineGroups(
  bytes: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<readonly string[]> {
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
    let lines: string[] = [];
    try {
      let from = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
        const isBlank = end === from && heldBytes === 0;
        if (!isBlank) take(chunk.subarray(from, end));
        from = end + 1;
        // Millions of them would take long.
        if (isBlank) continue;
        const line = close();
        if (line !== '') lines.push(line);
        if (lines.length < MOST_LINES) continue;
        const batch = lines;
        lines = [];
        yield batch;
      }
      take(chunk.subarray(from));
    } finally {
      // Yields the complete lines before one that is too long.
      if (lines.length > 0) yield lines;
    }
  }
  const rest = close();
  if (rest !== '') yield [rest];
}

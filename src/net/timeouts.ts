/** Time in which an early failure still becomes an HTTP status: the stream starts after it. */
export const FIRST_BYTE_WAIT_MS = 2_000;

/**
 * Returns the result of `work` if it ends within `milliseconds`, else undefined. The work continues then, and
 * the caller must await its later failure. A failure within the time is thrown.
 */
export async function withTimeout<T>(
  work: Promise<T>,
  milliseconds: number,
): Promise<T | undefined> {
  work.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the same stream after its first item has arrived. Throws an error that comes before it. */
export async function awaitFirstItem<T>(
  stream: AsyncGenerator<T, void>,
): Promise<AsyncIterable<T>> {
  let first: IteratorResult<T, void> | undefined = await stream.next();
  return {
    // Written by hand: a wrapping generator would double the cost of each item.
    [Symbol.asyncIterator]: () => ({
      async next() {
        const item = first ?? (await stream.next());
        first = undefined;
        return item;
      },
      return: () => stream.return(),
    }),
  };
}

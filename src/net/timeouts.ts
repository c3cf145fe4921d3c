/** By then a failure that comes soon has become a status (the design's "2 s at most"). */
export const FIRST_BYTE_WAIT_MS = 2_000;

/**
 * What `work` gives if it ends within `milliseconds`, undefined if it takes longer: it goes on, and
 * a later failure of it is the caller's to await. Throws what it throws within the time.
 */
export async function within<T>(work: Promise<T>, milliseconds: number): Promise<T | undefined> {
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

/** The same stream, once its first item is there. Throws what it throws until then. */
export async function begun<T>(stream: AsyncGenerator<T, void>): Promise<AsyncIterable<T>> {
  let first: IteratorResult<T, void> | undefined = await stream.next();
  return {
    // By hand: a generator around another one costs as much again with every item.
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

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
  const first = await stream.next();
  return (async function* () {
    if (first.done === true) return;
    yield first.value;
    yield* stream;
  })();
}

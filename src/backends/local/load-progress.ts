import { withTimeout } from '../../net/timeouts.ts';
import type { GenerationEvent } from '../../core/events.ts';
import { raceAbort } from '../../core/abort.ts';

/** Progress of a load. */
export interface LoadProgress {
  /** True if it waits for other models to free memory. */
  readonly waits: boolean;
  /** Loaded share, from 0 to 1. */
  readonly share: number;
}

const INTERVAL_MS = 1000;

/** A loaded model. */
interface Sized {
  readonly runner: { readonly sizeBytes: number };
}

/**
 * Waits for a load. Reports its progress at once and then every second, as a sign of life for the client. At the
 * end, reports the size of the weights.
 */
export async function* untilLoaded<Loaded extends Sized>(
  loading: Promise<Loaded>,
  progress: () => LoadProgress,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent, Loaded> {
  const loaded = raceAbort(loading, signal);
  const settled = loaded.then(
    () => true,
    // A failure is thrown below.
    () => true,
  );
  do {
    const { waits, share } = progress();
    yield waits
      ? { type: 'progress', phase: 'queued', done: 0, total: 1 }
      : { type: 'progress', phase: 'loading', done: share, total: 1 };
  } while (!(await withTimeout(settled, INTERVAL_MS)));
  const { sizeBytes } = (await loaded).runner;
  yield { type: 'progress', phase: 'loading', done: 1, total: 1, sizeBytes };
  return loaded;
}

import { RuntimeFailure } from '../../../core/failure.ts';
import type { GenerationEvent } from '../../../core/events.ts';

/**
 * Events of a second try, without its admission. A failure ends them, without a `finish`: then the first
 * try is the answer. Once the client has seen a part of the second try, a failure is one of the answer.
 *
 * @param shown the events are passed on as they come
 * @throws what the events throw, if the client has seen some of them or has left
 */
export async function* secondTry(
  events: AsyncIterable<GenerationEvent>,
  shown: boolean,
): AsyncGenerator<GenerationEvent> {
  let seen = false;
  try {
    for await (const event of events) {
      if (event.type === 'admitted') continue;
      seen ||= shown && event.type !== 'progress';
      yield event;
    }
  } catch (error) {
    if (seen || !(error instanceof RuntimeFailure) || error.code === 'cancelled') throw error;
  }
}

import { RuntimeFailure } from '../../../core/failure.ts';
import type { GenerationEvent } from '../../../core/events.ts';

/**
 * Events of a second try, without its admission. If it fails, they end without a `finish`, and the first
 * try is the answer. After the client has got a part of the second try, a failure is thrown instead.
 *
 * @param shown the caller passes the events on to the client
 * @throws the failure of the events, if the client got some of them or has left
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

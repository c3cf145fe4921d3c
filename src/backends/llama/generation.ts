import type { GenerationEvent, StopReason, Usage } from '../../core/events.ts';
import { Decoding } from './decoding.ts';
import type { Speaker } from './decoding.ts';
import type { PreparedRequest } from './prepared.ts';
import type { Slot } from './slot.ts';

/** Answers a request on a slot that is this request's own for as long. */
export async function* generateOn(
  slot: Slot,
  speaker: Speaker,
  prepared: PreparedRequest,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent> {
  const { tokens, limit } = prepared;
  const cacheReadTokens = await slot.reuse(tokens);
  yield { type: 'progress', phase: 'prefill', done: cacheReadTokens, total: tokens.length };
  for await (const done of slot.prefill(tokens, signal)) {
    yield { type: 'progress', phase: 'prefill', done, total: tokens.length };
  }
  const counts = { promptTokens: tokens.length, cacheReadTokens, cacheCreationTokens: 0 };
  if (limit.tokens === 0) {
    yield finish(limit.reason, null, { ...counts, outputTokens: 0, thinkingTokens: 0 });
    return;
  }
  const decoding = new Decoding(speaker, prepared);
  yield* decoding.run(slot, signal);
  const { answer } = decoding;
  if (answer)
    speaker.transcripts.keep(prepared.request, [...tokens, ...answer.tokens], answer.events);
  const { reason, stopSequence, outputTokens, thinkingTokens } = decoding;
  yield finish(reason, stopSequence, { ...counts, outputTokens, thinkingTokens });
}

function finish(reason: StopReason, stopSequence: string | null, usage: Usage): GenerationEvent {
  return { type: 'finish', reason, stopSequence, usage };
}

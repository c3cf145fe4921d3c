import type { GenerationEvent, StopReason, Usage } from '../../core/events.ts';
import { Decoding } from './decoding.ts';
import type { Speaker } from './speaker.ts';
import type { PreparedRequest } from './prepared.ts';
import type { SlotPool, TakenSlot } from './slot-pool.ts';

/** Answers a request whose turn has come, on a slot that is its own for as long. */
export async function* generateOn(
  slots: SlotPool,
  speaker: Speaker,
  prepared: PreparedRequest,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent> {
  const taken = slots.take(prepared.tokens, prepared.request.session);
  let failed = false;
  try {
    yield* answerOn(taken, speaker, prepared, signal);
  } catch (error) {
    failed = !signal.aborted;
    throw error;
  } finally {
    await taken.release(failed);
  }
}

async function* answerOn(
  taken: TakenSlot,
  speaker: Speaker,
  prepared: PreparedRequest,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent> {
  const { request, tokens, limit } = prepared;
  const { slot } = taken;
  const cacheReadTokens = await taken.reuse(signal);
  yield { type: 'progress', phase: 'prefill', done: cacheReadTokens, total: tokens.length };
  for await (const done of slot.prefill(tokens, signal)) {
    yield { type: 'progress', phase: 'prefill', done, total: tokens.length };
  }
  // The last token is evaluated by every request: without it there is nothing to sample from.
  const kept = tokens.length - 1 - cacheReadTokens;
  const cacheCreationTokens = request.cachesPrompt === true ? kept : 0;
  const counts = { promptTokens: tokens.length, cacheReadTokens, cacheCreationTokens };
  if (limit.tokens === 0) {
    yield finish(limit.reason, null, { ...counts, outputTokens: 0, thinkingTokens: 0 });
    return;
  }
  const decoding = new Decoding(speaker, prepared);
  yield* decoding.run(slot, signal);
  const { answer } = decoding;
  if (answer) speaker.transcripts.keep(request, [...tokens, ...answer.tokens], answer.events);
  const { reason, stopSequence, outputTokens, thinkingTokens } = decoding;
  yield finish(reason, stopSequence, { ...counts, outputTokens, thinkingTokens });
}

function finish(reason: StopReason, stopSequence: string | null, usage: Usage): GenerationEvent {
  return { type: 'finish', reason, stopSequence, usage };
}

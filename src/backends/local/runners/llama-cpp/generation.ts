import type { GenerationEvent, StopReason, Usage } from '../../../../core/events.ts';
import { within } from '../../../../net/timeouts.ts';
import { Decoding } from './decoding.ts';
import type { Speaker } from './speaker.ts';
import type { PreparedRequest } from './prepared.ts';
import type { Slot } from './slot.ts';
import type { SlotPool } from './slot-pool.ts';

/** The client learns of its request's admission so much later at most, for the sake of exact counts. */
const REUSE_WAIT_MS = 250;

/**
 * Answers a request whose turn has come, on a slot that is its own for as long.
 *
 * @param admits the admission is yielded too, with what the slot reuses of the prompt
 */
export async function* generateOn(
  slots: SlotPool,
  speaker: Speaker,
  prepared: PreparedRequest,
  signal: AbortSignal,
  admits: boolean,
): AsyncGenerator<GenerationEvent> {
  const taken = slots.take(prepared.tokens, prepared.request.session);
  let failed = false;
  try {
    const reusing = taken.reuse(signal);
    if (admits) yield admission(prepared, await within(reusing, REUSE_WAIT_MS));
    yield* answerOn(taken.slot, await reusing, speaker, prepared, signal);
  } catch (error) {
    failed = !signal.aborted;
    throw error;
  } finally {
    await taken.release(failed);
  }
}

/** The event that admits a request; `cacheReadTokens` is undefined if its reuse is not known yet. */
export function admission(
  prepared: PreparedRequest,
  cacheReadTokens: number | undefined,
): GenerationEvent {
  const inputTokens = prepared.tokens.length;
  if (cacheReadTokens === undefined) return { type: 'admitted', inputTokens };
  return { type: 'admitted', inputTokens, cache: cacheCounts(prepared, cacheReadTokens) };
}

function cacheCounts(prepared: PreparedRequest, cacheReadTokens: number) {
  const { request, tokens, tokensBeforePlace } = prepared;
  // The last token is evaluated by every request: without it there is nothing to sample from.
  const kept = tokens.length - 1 - cacheReadTokens;
  const counts = { cacheReadTokens, cacheCreationTokens: request.cachesPrompt === true ? kept : 0 };
  if (tokensBeforePlace === undefined) return counts;
  const long = Math.max(0, tokensBeforePlace - cacheReadTokens);
  return { ...counts, longCacheTokens: Math.min(long, counts.cacheCreationTokens) };
}

async function* answerOn(
  slot: Slot,
  cacheReadTokens: number,
  speaker: Speaker,
  prepared: PreparedRequest,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent> {
  const { request, tokens, limit } = prepared;
  yield { type: 'progress', phase: 'prefill', done: cacheReadTokens, total: tokens.length };
  for await (const done of slot.prefill(tokens, signal)) {
    yield { type: 'progress', phase: 'prefill', done, total: tokens.length };
  }
  const counts = { promptTokens: tokens.length, ...cacheCounts(prepared, cacheReadTokens) };
  if (limit.tokens === 0) {
    yield finish(limit.reason, null, { ...counts, outputTokens: 0, thinkingTokens: 0 });
    return;
  }
  const decoding = new Decoding(speaker, prepared);
  yield* decoding.run(slot, signal);
  const { answer } = decoding;
  if (answer) {
    const written = [...tokens, ...answer.tokens];
    await speaker.transcripts.keep(request, written, answer.events, signal);
  }
  const { reason, stopSequence, outputTokens, thinkingTokens } = decoding;
  yield finish(reason, stopSequence, { ...counts, outputTokens, thinkingTokens });
}

function finish(reason: StopReason, stopSequence: string | null, usage: Usage): GenerationEvent {
  return { type: 'finish', reason, stopSequence, usage };
}

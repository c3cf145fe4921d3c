import type { GenerationEvent, StopReason, Usage } from '../../core/events.ts';
import { withTimeout } from '../../net/timeouts.ts';
import { AnswerDecoder } from './answer-decoder.ts';
import type { AnswerReaders } from './answer-decoder.ts';
import type { PreparedRequest } from './prompter.ts';
import type { LoadedRunner, RunnerPrompt, RunnerSlot } from './runner.ts';
import type { Transcripts } from './transcripts.ts';

/** Loaded model, with the readers of its output. */
export interface LoadedEngine<P extends RunnerPrompt, Grammar> extends AnswerReaders<Grammar> {
  readonly runner: LoadedRunner<P, Grammar>;
  readonly transcripts: Transcripts<P>;
}

/** Longest delay of the admission, to wait for exact counts. */
const REUSE_WAIT_MS = 500;

/**
 * Answers a request from the queue on a slot, which serves no other request meanwhile.
 *
 * @param admits yields the admission too, with the tokens that the slot reuses
 */
export async function* generateOn<P extends RunnerPrompt, Grammar>(
  engine: LoadedEngine<P, Grammar>,
  prepared: PreparedRequest<P>,
  signal: AbortSignal,
  admits: boolean,
): AsyncGenerator<GenerationEvent> {
  const { request, prompt, tokens, limit } = prepared;
  const { session, model } = request;
  const sampling = { ...model.sampling, ...request.sampling };
  const maxTokens = limit.tokens;
  const isHeld = request.cachesPrompt === true;
  const slot = engine.runner.take({ prompt, tokens, session, isHeld, sampling, maxTokens }, signal);
  let failure: unknown;
  try {
    const cacheReadTokens = yield* reuse(slot, prepared, admits);
    for await (const done of slot.prefill()) yield prefilled(prepared, done);
    yield* answerOn(slot, cacheReadTokens, engine, prepared, signal);
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    await slot.release(failure);
  }
}

/** Event that admits a request; `cacheReadTokens` is undefined if its reuse is not known yet. */
export function admission(
  prepared: PreparedRequest<unknown>,
  cacheReadTokens: number | undefined,
): GenerationEvent {
  const { tokens: inputTokens } = prepared;
  if (cacheReadTokens === undefined) return { type: 'admitted', inputTokens };
  return { type: 'admitted', inputTokens, cache: cacheCounts(prepared, cacheReadTokens) };
}

/** Waits for the reused part of the prompt. Returns its number of tokens. */
async function* reuse(
  slot: RunnerSlot<unknown, unknown>,
  prepared: PreparedRequest<unknown>,
  admits: boolean,
): AsyncGenerator<GenerationEvent, number> {
  const reusing = slot.reuse();
  const early = await withTimeout(reusing, REUSE_WAIT_MS);
  if (admits) yield admission(prepared, early);
  // This may evaluate the complete prompt.
  if (early === undefined) yield prefilled(prepared, 0);
  const cacheReadTokens = await reusing;
  yield prefilled(prepared, cacheReadTokens);
  return cacheReadTokens;
}

function prefilled({ tokens: total }: PreparedRequest<unknown>, done: number): GenerationEvent {
  return { type: 'progress', phase: 'prefill', done, total };
}

function cacheCounts(prepared: PreparedRequest<unknown>, cacheReadTokens: number) {
  const { request, tokens, tokensBeforePlace } = prepared;
  // Every request evaluates the last token, because sampling needs its logits.
  const created = tokens - 1 - cacheReadTokens;
  const cacheCreationTokens = request.cachesPrompt === true ? created : 0;
  const counts = { cacheReadTokens, cacheCreationTokens };
  if (tokensBeforePlace === undefined) return counts;
  const long = Math.max(0, tokensBeforePlace - cacheReadTokens);
  return { ...counts, longCacheTokens: Math.min(long, cacheCreationTokens) };
}

async function* answerOn<P extends RunnerPrompt, Grammar>(
  slot: RunnerSlot<P, Grammar>,
  cacheReadTokens: number,
  engine: LoadedEngine<P, Grammar>,
  prepared: PreparedRequest<P>,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent> {
  const { request, tokens: promptTokens, limit } = prepared;
  const counts = { promptTokens, ...cacheCounts(prepared, cacheReadTokens) };
  if (limit.tokens === 0) {
    yield finish(limit.reason, null, { ...counts, outputTokens: 0, thinkingTokens: 0 });
    return;
  }
  const completion = slot.complete();
  const decoder = new AnswerDecoder(engine, prepared, completion);
  yield* decoder.run(signal);
  const { answer, reason, stopSequence, outputTokens, thinkingTokens } = decoder;
  if (answer !== undefined) {
    await engine.transcripts.keep(request, completion.transcript(), answer, signal);
  }
  yield finish(reason, stopSequence, { ...counts, outputTokens, thinkingTokens });
}

function finish(reason: StopReason, stopSequence: string | null, usage: Usage): GenerationEvent {
  return { type: 'finish', reason, stopSequence, usage };
}

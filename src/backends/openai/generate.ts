import type { GenerationEvent } from '../../core/events.ts';
import { cancelled } from '../../core/abort.ts';
import { FIRST_BYTE_WAIT_MS, withTimeout } from '../../net/timeouts.ts';
import { linkAbort } from '../../net/linked-abort.ts';
import { AnswerReader } from './answer.ts';
import { countCall, prepareCall } from './call.ts';
import type { Call, Upstream } from './call.ts';
import { hasPictures } from './count.ts';
import { openAnswer } from './open.ts';
import type { Count } from './open.ts';
import type { ChatChunk } from './protocol.ts';
import { nameRestorer } from './tool-names.ts';
import type { OpenAiRequest } from './spec.ts';

/**
 * Counts a prompt: exactly if the server has a tokenizer, otherwise by the last count of its model. Images have
 * to be evaluated for that. The cost is limited to the user's own servers, which then have them cached.
 */
export async function countPrompt(
  upstream: Upstream,
  request: OpenAiRequest,
  signal: AbortSignal,
): Promise<number> {
  const call = await prepareCall(upstream, request, signal);
  const seen = call.facts.traits.tokenizer !== 'none' && hasPictures(call.prompt);
  const counted = seen ? await countBySeeing(upstream, request, signal) : await countCall(call);
  return counted ?? call.estimatedTokens;
}

async function countBySeeing(
  upstream: Upstream,
  request: OpenAiRequest,
  signal: AbortSignal,
): Promise<number | undefined> {
  for await (const event of generate(upstream, { ...request, maxTokens: 0 }, signal)) {
    if (event.type === 'finish') return event.usage.promptTokens;
  }
  return undefined;
}

/** Answers a request; see Backend. */
export async function* generate(
  upstream: Upstream,
  request: OpenAiRequest,
  signal: AbortSignal,
  ending?: AbortSignal,
): AsyncGenerator<GenerationEvent> {
  const scope = linkAbort(signal);
  const count: Count = { tokens: undefined, estimate: undefined };
  let isWhole = false;
  try {
    const opening = openAnswer(upstream, request, count, scope.signal);
    await withTimeout(opening, FIRST_BYTE_WAIT_MS);
    yield { type: 'admitted', inputTokens: count.tokens ?? count.estimate ?? null };
    const { call, chunks } = await opening;
    for await (const event of translate(call, chunks, count, ending)) {
      // Drop chunks that arrived before the abort.
      if (signal.aborted) throw cancelled(signal.reason);
      if (event.type === 'finish') {
        upstream.estimator.learn(call.key, call.characters, event.usage.promptTokens);
        // An early finish ends the stream; otherwise it is read to its end, so that the connection can be reused.
        isWhole = event.reason !== 'stop-sequence';
      }
      yield event;
    }
  } finally {
    scope.release();
    if (!isWhole) scope.abort();
  }
}

async function* translate(
  { request, estimatedTokens }: Call,
  chunks: AsyncIterable<readonly ChatChunk[]>,
  count: Count,
  ending: AbortSignal | undefined,
): AsyncGenerator<GenerationEvent> {
  const { toolChoice, maxTokens } = request;
  const reader = new AnswerReader({
    maxTokens,
    stopSequences: ending === undefined ? request.stopSequences : [],
    parallel: toolChoice.mode === 'none' || toolChoice.parallel,
    promptTokens: () => count.tokens ?? estimatedTokens,
  });
  const restore = nameRestorer(request);
  let inOnePiece = false;
  for await (const arrived of chunks) {
    for (const chunk of arrived) {
      inOnePiece ||= chunk.inOnePiece === true;
      for (const event of reader.push(chunk)) {
        if (isWanted(event, maxTokens)) yield restore(event);
        if (event.type === 'finish') return;
        if (ending?.aborted === true) {
          yield reader.stop();
          return;
        }
      }
    }
  }
  for (const event of reader.end()) {
    if (isWanted(event, maxTokens))
      yield event.type === 'finish' ? ended(event, maxTokens, inOnePiece) : restore(event);
  }
}

/** Returns true for events of the answer. Servers generate at least one token, which is dropped for `max_tokens` 0. */
function isWanted({ type }: GenerationEvent, maxTokens: number): boolean {
  return maxTokens > 0 || type === 'finish' || type === 'progress';
}

function ended(
  finish: GenerationEvent & { readonly type: 'finish' },
  maxTokens: number,
  inOnePiece: boolean,
): GenerationEvent {
  if (maxTokens > 0) return inOnePiece ? { ...finish, inOnePiece } : finish;
  return { ...finish, reason: 'max-tokens', usage: { ...finish.usage, outputTokens: 0 } };
}

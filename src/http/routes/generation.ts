import type { Request } from 'express';
import { RuntimeFailure } from '../../core/failure.ts';
import type { GenerationEvent, Usage } from '../../core/events.ts';
import type { Generation } from '../../pipeline/runtime.ts';
import { elapsed, requestIdOf, summaryOf } from '../request-state.ts';
import type { RequestSummary } from '../request-state.ts';
import type { WaitFollower, WaitLog } from '../wait-log.ts';

/**
 * Waits until a generation is admitted, and returns its events from the first one on. An error until then
 * becomes an HTTP status; a later error does not.
 */
export async function admitted(
  generation: Generation,
  request: Request,
  waits: WaitLog,
  maxTokens: number,
): Promise<AsyncGenerator<GenerationEvent>> {
  const first = await generation.events.next();
  if (first.done === true) {
    throw new RuntimeFailure('internal', 'The backend returned no answer.');
  }
  const { name } = generation.resolution.model.spec;
  const follower = waits.follow(name, requestIdOf(request));
  const events = observed(first.value, generation.events, request, follower);
  return clampNoted(events, summaryOf(request), maxTokens, generation.contextTokens);
}

/** Passes events through, and records a clamp of `max_tokens` for the log line. */
async function* clampNoted(
  events: AsyncGenerator<GenerationEvent>,
  summary: RequestSummary,
  maxTokens: number,
  contextTokens: number,
): AsyncGenerator<GenerationEvent> {
  const note = (promptTokens: number): void => {
    const left = contextTokens - promptTokens;
    // A prompt that exceeds the context is refused, so a larger number is a wrong estimate.
    if (left >= 0 && left < maxTokens) summary.maxTokensClampedTo = left;
  };
  let isKnown = true;
  for await (const event of events) {
    if (event.type === 'admitted') {
      isKnown = event.inputTokens !== null && event.inputTokens <= contextTokens;
      note(event.inputTokens ?? Number.POSITIVE_INFINITY);
    }
    if (event.type === 'finish' && !isKnown) note(event.usage.promptTokens);
    yield event;
  }
}

/** Passes events through, and records their figures for the log line. */
async function* observed(
  first: GenerationEvent,
  rest: AsyncGenerator<GenerationEvent>,
  request: Request,
  follower: WaitFollower,
): AsyncGenerator<GenerationEvent> {
  const summary = summaryOf(request);
  let firstToken: number | undefined;
  let deltas = 0;
  try {
    yield first;
    for await (const event of rest) {
      follower.note(event);
      if (event.type.endsWith('-delta')) deltas += 1;
      if (deltas === 1 && firstToken === undefined) {
        firstToken = performance.now();
        summary.firstTokenMs = Math.round(elapsed(request));
      }
      if (event.type === 'finish') {
        // Some servers send a streamed answer in one piece.
        const isOnePiece = event.inOnePiece || deltas === 1;
        noteUsage(summary, event.usage, isOnePiece ? undefined : firstToken);
      }
      yield event;
    }
  } finally {
    follower.leave();
  }
}

/** Shortest decoding with a known speed. In a shorter time, a server sends what it has buffered. */
const SHORTEST_DECODING_MS = 15;

/** Records the usage. The decoding speed is unknown without the time of the first token. */
function noteUsage(summary: RequestSummary, usage: Usage, firstToken: number | undefined): void {
  summary.promptTokens = usage.promptTokens;
  summary.cacheReadTokens = usage.cacheReadTokens;
  summary.outputTokens = usage.outputTokens;
  if (firstToken === undefined || usage.outputTokens < 2) return;
  const milliseconds = performance.now() - firstToken;
  if (milliseconds < SHORTEST_DECODING_MS) return;
  summary.tokensPerSecond = Math.round(((usage.outputTokens - 1) / milliseconds) * 1000);
}

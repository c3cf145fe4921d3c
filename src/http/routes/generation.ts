import type { Request } from 'express';
import { RuntimeFailure } from '../../core/errors.ts';
import type { GenerationEvent, Usage } from '../../core/events.ts';
import type { Generation } from '../../runtime/runtime.ts';
import { summaryOf } from '../request-state.ts';

/**
 * Waits until a generation is admitted, and gives its events from the first on. What it throws is
 * still a status; what the events throw later is not.
 */
export async function admitted(
  generation: Generation,
  request: Request,
): Promise<AsyncGenerator<GenerationEvent>> {
  const first = await generation.events.next();
  if (first.done === true) {
    throw new RuntimeFailure('internal', 'The backend gave no answer.');
  }
  return observed(first.value, generation.events, request);
}

/** The events as they are, with what the log line says of them noted by the way. */
async function* observed(
  first: GenerationEvent,
  rest: AsyncGenerator<GenerationEvent>,
  request: Request,
): AsyncGenerator<GenerationEvent> {
  const started = performance.now();
  let firstToken: number | undefined;
  yield first;
  for await (const event of rest) {
    if (event.type.endsWith('-delta')) firstToken ??= performance.now();
    if (event.type === 'finish') noteUsage(request, event.usage, started, firstToken);
    yield event;
  }
}

function noteUsage(
  request: Request,
  usage: Usage,
  started: number,
  firstToken: number | undefined,
): void {
  const summary = summaryOf(request);
  summary.promptTokens = usage.promptTokens;
  summary.cacheReadTokens = usage.cacheReadTokens;
  summary.outputTokens = usage.outputTokens;
  if (firstToken === undefined) return;
  summary.firstTokenMilliseconds = Math.round(firstToken - started);
  const seconds = (performance.now() - firstToken) / 1000;
  if (usage.outputTokens > 1 && seconds > 0) {
    summary.tokensPerSecond = Math.round((usage.outputTokens - 1) / seconds);
  }
}

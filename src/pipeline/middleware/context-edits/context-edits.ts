import type { GenerationRequest } from '../../../core/backend.ts';
import type { AppliedEdit, Compact } from '../../../core/context-edits.ts';
import type { GenerationEvent, Usage } from '../../../core/events.ts';
import { NO_USAGE } from '../../../core/events.ts';
import type { Generate, GenerationContext, GenerationMiddleware } from '../../middleware.ts';
import { clear } from './clear.ts';
import {
  compacted,
  compactionTrigger,
  readSummary,
  summaryRequest,
  withLastMessage,
} from './compact.ts';
import { StablePoints } from './stable-points.ts';

/** Part of a summary's usual length that has to fit. A shorter one would lose too much. */
const FEWEST_SUMMARY_SHARE = 0.25;

/** Middleware that shortens a conversation as its client asks for it: removals first, then a summary. */
export function contextEdits(): GenerationMiddleware {
  const points = new StablePoints();
  return (next) => (request, context) =>
    request.edits === undefined
      ? next(request, context)
      : generateEdited(next, request, context, points);
}

async function* generateEdited(
  next: Generate,
  { edits = [], ...given }: GenerationRequest,
  context: GenerationContext,
  points: StablePoints,
): AsyncGenerator<GenerationEvent> {
  const count = (conversation: GenerationRequest['conversation']) =>
    context.countTokens({ ...given, conversation });
  const cleared = await clear(given.conversation, { edits, count, points });
  const request = { ...given, conversation: cleared.conversation };
  const compact = edits.find((edit) => edit.kind === 'compact');
  const asking = compact && (await dueSummary(request, compact, context));
  const events = asking
    ? generateCompacted(next, request, { asking, pauses: compact.pauses, context })
    : next(request, context);
  for await (const event of events) yield withEdits(event, cleared.applied, cleared.originalTokens);
}

/** Adds the removals to the events that report them. */
function withEdits(
  event: GenerationEvent,
  edits: readonly AppliedEdit[],
  originalTokens: number | undefined,
): GenerationEvent {
  if (event.type === 'finish') return { ...event, edits };
  if (event.type !== 'admitted' || originalTokens === undefined) return event;
  return { ...event, originalTokens };
}

/** Request for a summary, with the room that the context has for it; undefined if none is due, or if it has too little. */
async function dueSummary(
  request: GenerationRequest,
  compact: Compact,
  { capabilities: { contextTokens }, countTokens }: GenerationContext,
): Promise<GenerationRequest | undefined> {
  const tokens = await countTokens(request);
  if (tokens <= compactionTrigger(compact, contextTokens)) return undefined;
  const asking = summaryRequest(request, compact, contextTokens);
  const free = contextTokens - (await countTokens(asking));
  if (free < asking.maxTokens * FEWEST_SUMMARY_SHARE) return undefined;
  return { ...asking, maxTokens: Math.min(asking.maxTokens, free) };
}

interface CompactionOptions {
  readonly asking: GenerationRequest;
  readonly pauses: boolean;
  readonly context: GenerationContext;
}

/** Has the model write a summary, and answers from it. */
async function* generateCompacted(
  next: Generate,
  request: GenerationRequest,
  { asking, pauses, context }: CompactionOptions,
): AsyncGenerator<GenerationEvent> {
  let summary = yield* readSummary(next(asking, context));
  if (summary.text === undefined && asking.toolChoice.mode !== 'none') {
    // The model called a tool. Without tools the prompt is another one, but nothing is left to call.
    summary = yield* readSummary(next({ ...asking, toolChoice: { mode: 'none' } }, context));
  }
  const { usage = NO_USAGE } = summary;
  const { conversation } = request;
  const text = summary.text && withLastMessage(summary.text, conversation);
  yield { type: 'compaction', text };
  if (pauses) {
    yield { type: 'finish', reason: 'compaction', stopSequence: null, usage, compaction: usage };
    return;
  }
  const rest = text === undefined ? conversation : compacted(conversation, text);
  yield* afterCompaction(next({ ...request, conversation: rest }, context), usage);
}

async function* afterCompaction(
  events: AsyncIterable<GenerationEvent>,
  compaction: Usage,
): AsyncGenerator<GenerationEvent> {
  for await (const event of events) {
    if (event.type === 'finish') yield { ...event, compaction };
    else if (event.type !== 'admitted') yield event;
  }
}

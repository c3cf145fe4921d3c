import type { GenerationRequest } from '../../../core/backend.ts';
import type { DocumentPart, Part, SearchResultPart } from '../../../core/conversation.ts';
import type { GenerationEvent } from '../../../core/events.ts';
import { hasPart, isCitedSource } from '../../../core/parts.ts';
import { inSlices } from '../../../core/steps.ts';
import type { Generate, GenerationContext, GenerationMiddleware } from '../../middleware.ts';
import { MarkReader } from './mark-reader.ts';
import { Marks } from './marks.ts';
import { withMarks } from './marked-conversation.ts';

/**
 * Middleware that has any model cite its documents and search results. It numbers their passages by marks, asks
 * the model to write the marks, and replaces them in the answer by citations.
 */
export function citations(log: (message: string) => void): GenerationMiddleware {
  return (next) => (request, context) => {
    const sources = citedSources(request);
    const isCited = sources.length > 0 || hasPart(request.conversation, isCitedText);
    return isCited
      ? generateCited(next, request, context, { sources, log })
      : next(request, context);
  };
}

type Source = DocumentPart | SearchResultPart;

function isCitedText(part: Part): boolean {
  return part.kind === 'text' && part.citations !== undefined;
}

function citedSources({ conversation }: GenerationRequest): readonly Source[] {
  const sources: Source[] = [];
  hasPart(conversation, (part) => {
    if (isCitedSource(part)) sources.push(part);
    return false;
  });
  return sources;
}

interface CitedOptions {
  readonly sources: readonly Source[];
  readonly log: (message: string) => void;
}

async function* generateCited(
  next: Generate,
  request: GenerationRequest,
  context: GenerationContext,
  { sources, log }: CitedOptions,
): AsyncGenerator<GenerationEvent> {
  const marks = await inSlices(Marks.of(sources), context.signal);
  const conversation = withMarks(request.conversation, marks);
  const events = next({ ...request, conversation }, context);
  // Without sources no mark has a meaning, so each is the answer's own text.
  if (sources.length === 0) {
    yield* events;
    return;
  }
  const reader = new MarkReader((range) => marks.citation(range));
  for await (const event of events) {
    if (event.type === 'text-delta') {
      yield* reader.push(event.text);
      continue;
    }
    if (event.type !== 'progress') yield* reader.end();
    yield event;
  }
  if (reader.dropped > 0) {
    const { name } = request.model;
    log(
      `${name}: ${reader.dropped} citation marks in the answer match no passage, and were removed`,
    );
  }
}

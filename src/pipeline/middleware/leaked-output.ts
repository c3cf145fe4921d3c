import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CallableTool } from '../../formats/format.ts';
import { leaked } from '../../output/leaked.ts';
import { mergeDeltas } from '../../output/merge-deltas.ts';
import { Output } from '../../output/output.ts';
import { callableTools } from '../../prompt/render.ts';
import { beforeWorkOn } from '../../core/steps.ts';
import type { GenerationRequest } from '../../core/backend.ts';
import type { GenerationEvent } from '../../core/events.ts';
import { newToolCallId } from '../../core/ids.ts';
import type { Generate, GenerationContext, GenerationMiddleware } from '../middleware.ts';
import { callLimit } from './shared/call-limit.ts';
import type { CallLimit } from './shared/call-limit.ts';
import { isCut } from './shared/cuts.ts';

/**
 * Middleware that parses thinking and calls which a server left in the text. Stop sequences apply to the
 * remaining text only.
 */
export const leakedOutput: GenerationMiddleware = (next) => (request, context) => {
  // An outer middleware that ends the answer parses the text itself.
  const isRead = context.ending !== undefined;
  return isRead || context.backend.mayLeak !== true
    ? next(request, context)
    : readLeaked(next, request, context);
};

async function* readLeaked(
  next: Generate,
  request: GenerationRequest,
  context: GenerationContext,
): AsyncGenerator<GenerationEvent> {
  const aliases = context.backend.toolAliases?.(request) ?? new Map<string, string>();
  const reader = new LeakReader(request, aliases);
  const ending = new AbortController();
  let isRead = false;
  for await (const event of next(request, { ...context, ending: ending.signal })) {
    if (event.type === 'text-delta' && !isRead) {
      isRead = true;
      // The first text is searched for calls of each tool.
      await beforeWorkOn(request.conversation.tools.length);
    }
    for (const part of partsOf(event)) {
      yield* reader.take(part);
      if (reader.stopped !== null) ending.abort();
      // A complete answer comes in one event. Other requests get their turn between its parts.
      if (part !== event) await nextTurn();
    }
  }
}

/** Number of characters that take a few milliseconds to parse. */
const FEW = 16_384;

/** Splits a long text. No part begins inside a surrogate pair. */
function* partsOf(event: GenerationEvent): Generator<GenerationEvent> {
  if (event.type !== 'text-delta' || event.text.length <= FEW) {
    yield event;
    return;
  }
  const { text } = event;
  for (let start = 0, end = FEW; start < text.length; start = end, end += FEW) {
    if (/[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end++;
    yield { type: 'text-delta', text: text.slice(start, end) };
  }
}

/** Parser of the blocks of one answer. */
class LeakReader {
  readonly #request: GenerationRequest;
  /** Own names of tools by their aliases. */
  readonly #names: ReadonlyMap<string, string>;
  readonly #tools: readonly CallableTool[];
  readonly #limit: CallLimit;
  #output: Output;
  #isUsed = false;

  constructor(request: GenerationRequest, aliases: ReadonlyMap<string, string>) {
    const { conversation, toolChoice, outputSchema } = request;
    // JSON of an output schema may look like a call.
    const tools = outputSchema === undefined ? callableTools(conversation, toolChoice) : [];
    const named = tools.flatMap(({ name, inputSchema }) => {
      const alias = aliases.get(name);
      return alias === undefined ? [] : [{ name: alias, inputSchema }];
    });
    this.#request = request;
    this.#names = new Map([...aliases].map(([name, alias]) => [alias, name]));
    // The same list has the same openings, which are cached.
    this.#tools = named.length === 0 ? tools : [...tools, ...named];
    this.#limit = callLimit(request);
    this.#output = this.#nextOutput();
  }

  /** Stop sequence that ended the text; null if none did. */
  get stopped(): string | null {
    return this.#output.stopped;
  }

  *take(event: GenerationEvent): Generator<GenerationEvent> {
    switch (event.type) {
      case 'text-delta':
        if (this.stopped !== null) return;
        this.#isUsed = true;
        yield* this.#read(this.#output.push(event.text));
        return;
      case 'admitted':
      case 'progress':
        yield event;
        return;
      case 'finish':
        yield* this.#read(this.#output.end(isCut(event.reason)));
        if (this.stopped === null) yield event;
        else yield { ...event, reason: 'stop-sequence', stopSequence: this.stopped };
        return;
      default:
        yield* this.#endText();
        if (this.stopped === null) yield* this.#limit([event]);
    }
  }

  /** Ends the text before another block. */
  *#endText(): Generator<GenerationEvent> {
    if (!this.#isUsed) return;
    yield* this.#read(this.#output.end(false));
    if (this.stopped !== null) return;
    this.#output = this.#nextOutput();
    this.#isUsed = false;
  }

  #read(events: readonly GenerationEvent[]): readonly GenerationEvent[] {
    return this.#limit(mergeDeltas(events)).map((event) =>
      event.type === 'tool-call-start'
        ? { ...event, name: this.#names.get(event.name) ?? event.name }
        : event,
    );
  }

  #nextOutput(): Output {
    const { conversation, stopSequences } = this.#request;
    return new Output({
      format: leaked,
      thinkingOpen: false,
      continuesText: conversation.turns.at(-1)?.role === 'assistant',
      tools: this.#tools,
      stopSequences,
      newCallId: newToolCallId,
    });
  }
}

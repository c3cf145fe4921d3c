import { RepairedJson } from '../../formats/repair/repaired-json.ts';
import { allowedTypes, isOfType } from '../../formats/repair/schema-types.ts';
import { isForced } from '../../prompt/tool-choice.ts';
import type { GenerationRequest } from '../../core/backend.ts';
import type { GenerationEvent, Usage } from '../../core/events.ts';
import { isRecord } from '../../core/json.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Generate, GenerationContext, GenerationMiddleware } from '../middleware.ts';
import { askAgain } from './shared/ask-again.ts';
import { usageOfTries } from './shared/usage.ts';

type Finish = Extract<GenerationEvent, { type: 'finish' }>;

const EXPLANATION =
  'The answer is not the JSON that the request demands: the model or its server did not follow the schema.';

/**
 * Middleware that makes an answer the JSON of the request's schema. Not every server follows a schema, and
 * not every schema has a grammar. The text is passed on while it is valid, and repaired at the end. If that
 * fails and nothing was sent, the model is asked once more. If it fails again, the answer is a refusal:
 * for this reason the API documents that an answer may not match its schema.
 *
 * @see https://docs.claude.com/en/docs/build-with-claude/structured-outputs
 */
export const jsonGuard: GenerationMiddleware = (next) => (request, context) => {
  const { outputSchema, toolChoice } = request;
  // A forced call replaces the JSON.
  return outputSchema === undefined || isForced(toolChoice)
    ? next(request, context)
    : guardJson(next, { ...request, outputSchema }, context);
};

async function* guardJson(
  next: Generate,
  request: GenerationRequest & { readonly outputSchema: JsonObject },
  context: GenerationContext,
): AsyncGenerator<GenerationEvent> {
  const { outputSchema } = request;
  const streams = request.whole !== true;
  const first = new JsonGuard(outputSchema, streams);
  for await (const event of next(request, context)) yield* first.take(event);
  if (!first.failed || first.sent) {
    yield* first.end();
    return;
  }
  const second = new JsonGuard(outputSchema, streams);
  const demand = `That is not the JSON that is needed. Write JSON that is valid against this JSON Schema, and nothing else: ${JSON.stringify(outputSchema)}`;
  for await (const event of next(askAgain(request, first.text, demand), context)) {
    if (event.type !== 'admitted') yield* second.take(event);
  }
  yield* second.end(first.usage);
}

/** Start of a text that may contain an object, possibly in a code fence, a list or a string. */
const BEGINNING = /^(?:```[a-zA-Z]*\s*)?[{["]/;

/** Guard of the text of one answer. */
class JsonGuard {
  readonly #schema: JsonObject;
  readonly #takesObject: boolean;
  readonly #streams: boolean;
  readonly #json: RepairedJson;
  #sent = '';
  #called = false;
  #finish: Finish | undefined;
  /** Text to add at the end; undefined if the answer can't be repaired. */
  #rest: string | undefined;

  /** @param streams the text is sent as it is generated, not at the end */
  constructor(schema: JsonObject, streams: boolean) {
    this.#schema = schema;
    this.#takesObject = allowedTypes(schema)?.includes('object') ?? true;
    this.#streams = streams && this.#takesObject;
    this.#json = new RepairedJson({ name: 'answer', inputSchema: schema });
  }

  get text(): string {
    return this.#json.text;
  }

  /** True if a part of the text was sent. */
  get sent(): boolean {
    return this.#sent !== '';
  }

  get usage(): Usage | undefined {
    return this.#finish?.usage;
  }

  /** True if the model ended its turn with a text that is not JSON. */
  get failed(): boolean {
    return this.#finish?.reason === 'end-turn' && !this.#called && this.#rest === undefined;
  }

  *take(event: GenerationEvent): Generator<GenerationEvent> {
    switch (event.type) {
      case 'text-delta': {
        const released = this.#json.push(event.text);
        if (this.#called) yield event;
        else if (this.#streams) yield* this.#send(released);
        return;
      }
      case 'tool-call-start':
      case 'server-tool-call':
        // Text before a call is not part of the JSON.
        if (!this.#called) yield* this.#send(this.text.slice(this.#sent.length));
        this.#called = true;
        yield event;
        return;
      case 'finish':
        this.#finish = event;
        this.#rest = this.#complete();
        return;
      default:
        yield event;
    }
  }

  /** Yields the rest of the text, and the finish. */
  *end(before?: Usage): Generator<GenerationEvent> {
    if (this.#finish === undefined) return;
    const inOnePiece = this.#called || this.sent ? {} : ({ inOnePiece: true } as const);
    if (!this.#called) yield* this.#send(this.#rest ?? this.text.slice(this.#sent.length));
    const usage =
      before === undefined ? this.#finish.usage : usageOfTries(before, this.#finish.usage);
    yield this.failed
      ? { ...this.#finish, ...inOnePiece, usage, reason: 'refusal', explanation: EXPLANATION }
      : { ...this.#finish, ...inOnePiece, usage };
  }

  #complete(): string | undefined {
    const { text } = this;
    if (this.#finish?.reason !== 'end-turn') return undefined;
    if (!this.sent && isOtherValue(text, this.#schema)) return text;
    if (!this.#takesObject || !BEGINNING.test(text) || this.#json.end() === undefined) {
      return undefined;
    }
    return this.#json.released.slice(this.#sent.length);
  }

  *#send(text: string): Generator<GenerationEvent> {
    if (text === '') return;
    this.#sent += text;
    yield { type: 'text-delta', text };
  }
}

/** Returns true if a text is JSON, not an object, and of a type that the schema allows at its root. */
function isOtherValue(text: string, schema: JsonObject): boolean {
  try {
    const value: unknown = JSON.parse(text);
    const types = allowedTypes(schema);
    return !isRecord(value) && (types?.some((type) => isOfType(value, type)) ?? true);
  } catch {
    return false;
  }
}

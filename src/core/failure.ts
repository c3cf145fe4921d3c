import type { JsonObject } from './json.ts';

/** Codes of all failures. Each wire format maps all of them in one table. */
export type FailureCode =
  | 'invalid-request'
  | 'unsupported'
  | 'prompt-too-long'
  | 'authentication'
  | 'billing'
  | 'permission'
  | 'route-not-found'
  | 'method-not-allowed'
  | 'model-not-found'
  | 'resource-not-found'
  | 'conflict'
  | 'request-too-large'
  | 'headers-too-large'
  | 'request-timeout'
  | 'rate-limited'
  | 'overloaded'
  | 'backend-unavailable'
  | 'backend-failed'
  | 'model-load-failed'
  | 'engine-crashed'
  | 'timeout'
  | 'cancelled'
  | 'internal';

/** Part of a request that a failure is about; a wire writes its own field's name in front of the message. */
export type FailureSubject = 'messages' | 'tools' | 'tool-choice' | 'output-schema' | ItemSubject;

/** A single item of a request. */
export interface ItemSubject {
  /** Place of the item, as the wire wrote it into the conversation. */
  readonly at: string;
  /** Kind of the item's source, if the failure is about that. */
  readonly source?: 'base64' | 'url' | 'file';
}

/** Token counts of a prompt that is too long. */
export interface PromptOverflow {
  readonly promptTokens: number;
  readonly contextTokens: number;
  /** Requested output tokens, if the prompt alone would fit. */
  readonly maxTokens?: number;
}

/** Fault of the key that a request brings to this server: it has none, or one that the server does not know. */
export type KeyFault = 'missing' | 'unknown';

export interface FailureDetails {
  readonly cause?: unknown;
  readonly subject?: FailureSubject | undefined;
  /** For `prompt-too-long`. */
  readonly overflow?: PromptOverflow | undefined;
  /** For `authentication`, if the key of this server's client is at fault. */
  readonly key?: KeyFault | undefined;
  /** Machine-readable details beyond the code. */
  readonly details?: JsonObject;
  /** Suggested delay before a retry. */
  readonly retryAfterSeconds?: number;
  /** Methods of the route, for `method-not-allowed`. */
  readonly allow?: readonly string[];
  /** The model's server accepts no tools: the request may be sent again with tools by instructions. */
  readonly refusesTools?: boolean;
}

/** The only error class. Its message names the thing, the reason and a hint, and may reach a client. */
export class RuntimeFailure extends Error {
  override readonly name = 'RuntimeFailure';
  readonly code: FailureCode;
  readonly retryAfterSeconds: number | undefined;
  readonly allow: readonly string[] | undefined;
  readonly details: JsonObject | undefined;
  readonly subject: FailureSubject | undefined;
  readonly overflow: PromptOverflow | undefined;
  readonly key: KeyFault | undefined;
  readonly refusesTools: boolean;

  constructor(code: FailureCode, message: string, details: FailureDetails = {}) {
    super(shortened(message), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.allow = details.allow;
    this.details = details.details;
    this.subject = details.subject;
    this.overflow = details.overflow;
    this.key = details.key;
    this.refusesTools = details.refusesTools === true;
  }
}

/** Longest message; longer ones repeat the input of a client or a server. */
const MOST_CHARACTERS = 4000;

function shortened(message: string): string {
  return message.length > MOST_CHARACTERS ? `${message.slice(0, MOST_CHARACTERS)}…` : message;
}

/**
 * Failure of a prompt that does not fit. Clients shorten their conversation by the difference of the two
 * numbers, so the refused count is always above the maximum.
 */
export function promptTooLong(tokens: number, maximum: number): RuntimeFailure {
  const contextTokens = Math.min(maximum, tokens - 1);
  return new RuntimeFailure(
    'prompt-too-long',
    `prompt is too long: ${tokens} tokens > ${contextTokens} maximum`,
    { overflow: { promptTokens: tokens, contextTokens } },
  );
}

/** Failure of the `strict` overflow setting: the prompt fits, but its answer may not. */
export function contextLimitExceeded(
  tokens: number,
  maxTokens: number,
  context: number,
): RuntimeFailure {
  return new RuntimeFailure(
    'prompt-too-long',
    `prompt and answer exceed the context: ${tokens} + ${maxTokens} > ${context} tokens`,
    { overflow: { promptTokens: tokens, contextTokens: context, maxTokens } },
  );
}

/** Failure of a model that its server lists for embeddings or image generation only. */
export function completesNothing(model: string): RuntimeFailure {
  return new RuntimeFailure(
    'unsupported',
    `Model \`${model}\` can't chat: its server lists no completion among its capabilities. Choose another model.`,
  );
}

/** Failure of a base model, shared by requests and `portico show`. */
export function noChatTemplate(model: string): RuntimeFailure {
  return new RuntimeFailure(
    'unsupported',
    `Model \`${model}\` has no chat template, so it can't chat. Set \`template:\` in models.yaml.`,
  );
}

/** Message of any thrown value, on one line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

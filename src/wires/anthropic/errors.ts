import { RuntimeFailure } from '../../core/failure.ts';
import type {
  FailureCode,
  FailureSubject,
  ItemSubject,
  KeyFault,
  PromptOverflow,
} from '../../core/failure.ts';
import { withoutSecrets } from '../../core/secrets.ts';
import type { FailureAnswer } from '../wire.ts';
import type { StreamFrame } from './encode-stream.ts';

/**
 * Status and error type by failure code.
 *
 * @see https://docs.claude.com/en/api/errors
 */
const WIRE = {
  'invalid-request': [400, 'invalid_request_error'],
  unsupported: [400, 'invalid_request_error'],
  'prompt-too-long': [400, 'invalid_request_error'],
  authentication: [401, 'authentication_error'],
  billing: [402, 'billing_error'],
  permission: [403, 'permission_error'],
  'route-not-found': [404, 'not_found_error'],
  'method-not-allowed': [405, 'invalid_request_error'],
  'model-not-found': [404, 'not_found_error'],
  'resource-not-found': [404, 'not_found_error'],
  conflict: [409, 'conflict_error'],
  'request-too-large': [413, 'request_too_large'],
  'headers-too-large': [431, 'invalid_request_error'],
  'request-timeout': [408, 'timeout_error'],
  'rate-limited': [429, 'rate_limit_error'],
  overloaded: [529, 'overloaded_error'],
  'backend-unavailable': [529, 'overloaded_error'],
  'backend-failed': [500, 'api_error'],
  'model-load-failed': [500, 'api_error'],
  'engine-crashed': [500, 'api_error'],
  timeout: [504, 'timeout_error'],
  // The client is gone and never reads this status. It is nginx's own, to be distinct in logs.
  cancelled: [499, 'api_error'],
  internal: [500, 'api_error'],
} as const satisfies Record<FailureCode, readonly [number, string]>;

/** Encodes an error as an HTTP answer: status, headers, and the API's error envelope. */
export function encodeFailure(error: unknown, requestId: string): FailureAnswer {
  const failure = toFailure(error);
  const [status, type] = WIRE[failure.code];
  const headers: Record<string, string> = {};
  if (failure.retryAfterSeconds !== undefined) {
    headers['retry-after'] = String(Math.max(0, Math.ceil(failure.retryAfterSeconds)));
  }
  if (failure.allow !== undefined) headers['allow'] = failure.allow.join(', ');
  const body = {
    type: 'error',
    error: {
      type,
      // A model server may quote half a surrogate pair from the request that it refuses.
      message: withoutSecrets(wordsOf(failure)).toWellFormed(),
      ...(failure.details !== undefined && { details: failure.details }),
    },
    request_id: requestId,
  };
  return { status, headers, body };
}

/** Encodes an error in a started stream. The connection closes after this frame. */
export function encodeFailureFrame(error: unknown, requestId: string): StreamFrame {
  return { event: 'error', data: encodeFailure(error, requestId).body };
}

/** Name of the request field that a failure is about. */
export function fieldName(subject: FailureSubject): string {
  if (typeof subject === 'string') return FIELDS[subject];
  const { at, source } = subject;
  return source === undefined ? at : `${at}.source.${SOURCE_FIELDS[source]}`;
}

const SOURCE_FIELDS = {
  base64: 'base64.data',
  url: 'url',
  file: 'file',
} as const satisfies Record<NonNullable<ItemSubject['source']>, string>;

const FIELDS = {
  messages: 'messages',
  tools: 'tools',
  'tool-choice': 'tool_choice',
  'output-schema': 'output_config.format',
} as const satisfies Record<Extract<FailureSubject, string>, string>;

function wordsOf({ message, subject, overflow, key }: RuntimeFailure): string {
  if (overflow !== undefined) return overflowWords(overflow);
  if (key !== undefined) return KEY_WORDS[key];
  return subject === undefined ? message : `${fieldName(subject)}: ${message}`;
}

/** Messages of the API itself for a key that it refuses. */
const KEY_WORDS = {
  missing: 'x-api-key header is required',
  unknown: 'invalid x-api-key',
} as const satisfies Record<KeyFault, string>;

/** Message in the API's wording. Clients match on it to compact their conversation. */
function overflowWords({ promptTokens, contextTokens, maxTokens }: PromptOverflow): string {
  return maxTokens === undefined
    ? `prompt is too long: ${promptTokens} tokens > ${contextTokens} maximum`
    : `input length and \`max_tokens\` exceed context limit: ${promptTokens} + ${maxTokens} > ${contextTokens}`;
}

/** Hides other errors from clients, since their messages may contain paths and internals. */
function toFailure(error: unknown): RuntimeFailure {
  if (error instanceof RuntimeFailure) return error;
  return new RuntimeFailure(
    'internal',
    'Internal server error. The server log contains the details.',
  );
}

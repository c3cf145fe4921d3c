import { promptTooLong, RuntimeFailure } from '../../core/failure.ts';
import type { FailureCode } from '../../core/failure.ts';
import type { ServerNaming } from '../../net/http-client.ts';
import { oneLine } from '../../core/one-line.ts';
import { parseJson } from '../../core/json.ts';
import { isToolRefusal } from '../refused-tools.ts';
import { readOllamaError } from './protocol.ts';

/** Name of the server in failures. */
export const OLLAMA_SERVER: ServerNaming = {
  name: 'Ollama',
  hint: 'start it with: ollama serve',
};

/** Time until a retry to a busy server. */
const RETRY_AFTER_SECONDS = 5;

/** Response with another status than 200. */
export interface OllamaRefusal {
  readonly status: number;
  readonly mediaType: string;
  readonly retryAfterSeconds?: number | undefined;
  readonly body: string;
}

/** Request and server, for the text of failures. */
export interface OllamaRequestContext {
  readonly url: string;
  /** Name of the model on Ollama. */
  readonly model: string;
  /** Total tokens of prompt and answer; undefined if no prompt was sent. */
  readonly contextTokens?: number;
  /** Estimated tokens of the prompt, for a refusal without a number. */
  readonly estimatedTokens?: number;
}

/** Failure for a response with another status than 200. */
export function ollamaRefusalFailure(
  refusal: OllamaRefusal,
  requestContext: OllamaRequestContext,
): RuntimeFailure {
  const said = readOllamaError(parseJson(refusal.body));
  if (said === undefined) return notOllama(refusal, requestContext);
  if (isOverflow(said)) return overflowFailure(said, requestContext);
  const failure = `Ollama at ${requestContext.url} answered ${refusal.status} for ${requestContext.model}: ${oneLine(said)}`;
  switch (refusal.status) {
    case 404:
      return new RuntimeFailure(
        'model-not-found',
        `the model ${requestContext.model} is not on the Ollama server at ${requestContext.url}; ` +
          `get it with: ollama pull ${requestContext.model}`,
      );
    case 401:
      return new RuntimeFailure('authentication', `${failure}; sign in with: ollama signin`);
    case 402:
      return new RuntimeFailure('billing', failure);
    case 403:
      return new RuntimeFailure('permission', failure);
    case 413:
      return new RuntimeFailure('request-too-large', failure);
    case 429:
    case 502:
    case 503:
    case 504:
      return new RuntimeFailure(refusal.status === 429 ? 'rate-limited' : 'overloaded', failure, {
        retryAfterSeconds: refusal.retryAfterSeconds ?? RETRY_AFTER_SECONDS,
      });
    case 400:
      return new RuntimeFailure(
        said.includes('does not support') ? 'unsupported' : 'invalid-request',
        failure,
        { refusesTools: isToolRefusal(said) },
      );
    default:
      return new RuntimeFailure(
        isLoadError(said) ? 'model-load-failed' : 'backend-failed',
        failure,
      );
  }
}

/** Failure for an `{"error": "…"}` line inside an answer. */
export function errorLineFailure(
  said: string,
  requestContext: OllamaRequestContext,
): RuntimeFailure {
  return isOverflow(said)
    ? overflowFailure(said, requestContext)
    : new RuntimeFailure(
        'backend-failed',
        `Ollama at ${requestContext.url} failed in mid-answer: ${oneLine(said)}`,
        { refusesTools: isToolRefusal(said) },
      );
}

/** Failure for a response of status 200 that does not follow Ollama's API. */
export function ollamaProtocolFailure(what: string, { url }: OllamaRequestContext): RuntimeFailure {
  return new RuntimeFailure('backend-failed', `Ollama at ${url} ${what}`);
}

/** Meaning of a status that a proxy in front of a server sends. */
const NOT_JSON: Readonly<Record<number, FailureCode>> = {
  401: 'authentication',
  429: 'rate-limited',
};

function notOllama(refusal: OllamaRefusal, { url }: OllamaRequestContext): RuntimeFailure {
  const { status, mediaType, retryAfterSeconds = RETRY_AFTER_SECONDS } = refusal;
  const code = NOT_JSON[status] ?? 'backend-failed';
  return new RuntimeFailure(
    code,
    `${url} answered ${status} with ${mediaType || 'no content type'} instead of Ollama's JSON; ` +
      'check that the URL is the one of an Ollama server',
    code === 'rate-limited' ? { retryAfterSeconds } : {},
  );
}

/** Returns true for the texts of all engines: "the input length exceeds the context length", "… context size". */
function isOverflow(said: string): boolean {
  return /exceeds (the )?(available |maximum )?context (length|size)/i.test(said);
}

/**
 * Failure for a prompt that is too long. Newer engines report the numbers: "request (302 tokens) exceeds …
 * size (256 tokens)".
 */
function overflowFailure(said: string, requestContext: OllamaRequestContext): RuntimeFailure {
  const [promptTokens, maximumTokens] = [...said.matchAll(/\((\d+) tokens\)/g)].map((match) =>
    Number(match[1]),
  );
  const maximum = maximumTokens ?? requestContext.contextTokens ?? 0;
  return promptTooLong(
    promptTokens ?? Math.max(maximum + 1, requestContext.estimatedTokens ?? 0),
    maximum,
  );
}

function isLoadError(said: string): boolean {
  return /requires more system memory|(unable|failed) to load|error loading model/i.test(said);
}

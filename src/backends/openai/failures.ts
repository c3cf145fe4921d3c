import { contextLimitExceeded, promptTooLong, RuntimeFailure } from '../../core/failure.ts';
import type { FailureCode } from '../../core/failure.ts';
import type { ServerNaming } from '../../net/http-client.ts';
import { oneLine } from '../../core/one-line.ts';
import { parseJson } from '../../core/json.ts';
import { isToolRefusal } from '../refused-tools.ts';
import { readOverflow } from './overflow.ts';
import type { Overflow } from './overflow.ts';
import { readError } from './said-error.ts';
import type { SaidError } from './said-error.ts';

/** Name in failures of a server of which only the URL is known. */
export const SERVER: ServerNaming = {
  name: 'the model server',
  hint: 'start it, or correct its url in models.yaml',
};

/** Default time until a retry to a busy server, or one that limits its clients. */
const RETRY_AFTER_SECONDS = 5;

/** Response with another status than 200. */
export interface Refusal {
  readonly status: number;
  readonly mediaType: string;
  readonly retryAfterSeconds: number | undefined;
  readonly body: string;
}

/** Request and server, for the text of failures. */
export interface UpstreamRequestContext {
  readonly url: string;
  /** Name of the model on the server. */
  readonly model: string;
  /** Environment variable of its key. */
  readonly key?: string;
  /** Set for messages with tool results, which have a role of their own. */
  readonly hasResults?: boolean;
  readonly maxTokens?: number;
  readonly contextTokens?: number;
  /** Estimated tokens of the prompt, for a refusal without a number. */
  readonly estimatedTokens?: number;
  /** Models that the server lists. */
  readonly listed?: readonly string[];
}

/** Failure for a response with another status than 200. */
export function refusalFailure(
  refusal: Refusal,
  requestContext: UpstreamRequestContext,
): RuntimeFailure {
  const error = readError(parseJson(refusal.body));
  if (error === undefined) return notTheApi(refusal, requestContext);
  const overflow = readOverflow(error);
  if (overflow !== undefined) return overflowFailure(overflow, requestContext);
  const isAnswer = refusal.status === 200;
  const meaning = meaningOf(isAnswer ? error.status : refusal.status, error, requestContext);
  const said = `${requestContext.url} answered ${refusal.status} for ${requestContext.model}`;
  return saidFailure(said, error, requestContext, {
    ...meaning,
    seconds: refusal.retryAfterSeconds,
  });
}

/** Failure for an error inside an answer. */
export function errorEventFailure(
  error: SaidError,
  requestContext: UpstreamRequestContext,
): RuntimeFailure {
  const overflow = readOverflow(error);
  if (overflow !== undefined) return overflowFailure(overflow, requestContext);
  const said = `the model server at ${requestContext.url} failed in mid-answer`;
  return saidFailure(said, error, requestContext, meaningOf(error.status, error, requestContext));
}

/** Refusals of a role of the messages, or of their order. */
const ROLES = /\broles?\b|message_order/i;

function saidFailure(
  what: string,
  error: SaidError,
  { hasResults = false }: UpstreamRequestContext,
  {
    code,
    way,
    retries,
    seconds = RETRY_AFTER_SECONDS,
  }: Meaning & { readonly seconds?: number | undefined },
): RuntimeFailure {
  const said = `${what}: ${oneLine(error.message)}`;
  // A template without a role for results accepts them as text of the user.
  const refusesResults = hasResults && ROLES.test(`${error.code} ${error.message}`);
  return new RuntimeFailure(code, way === undefined ? said : `${said}; ${way}`, {
    ...(retries && { retryAfterSeconds: seconds }),
    refusesTools: refusesResults || isToolRefusal(error.message),
  });
}

/** Failure for a response of status 200 that does not follow the API. */
export function protocolFailure(what: string, { url }: UpstreamRequestContext): RuntimeFailure {
  return new RuntimeFailure('backend-failed', `the model server at ${url} ${what}`);
}

/** Failure for a prompt that does not fit, alone or with the requested tokens. */
function overflowFailure(
  overflow: Overflow,
  requestContext: UpstreamRequestContext,
): RuntimeFailure {
  const context = overflow.contextTokens ?? requestContext.contextTokens ?? 0;
  const { promptTokens: prompt } = overflow;
  const { maxTokens = 0 } = requestContext;
  // Clients lower max_tokens to the rest by these numbers. Numbers that leave enough would not help them.
  if (prompt !== undefined && prompt < context && prompt + maxTokens > context) {
    return contextLimitExceeded(prompt, maxTokens, context);
  }
  return promptTooLong(
    prompt ?? Math.max(context + 1, requestContext.estimatedTokens ?? 0),
    context,
  );
}

interface Meaning {
  readonly code: FailureCode;
  readonly way?: string;
  readonly retries?: boolean;
}

function meaningOf(
  status: number | undefined,
  error: SaidError,
  requestContext: UpstreamRequestContext,
): Meaning {
  switch (status) {
    case 400:
    case 422:
      return { code: isUnsupported(error) ? 'unsupported' : 'invalid-request' };
    case 401:
    case 403:
      // Not `authentication`, because the client's own key is valid.
      return { code: 'backend-failed', way: keyWay(requestContext) };
    case 402:
      return { code: 'billing' };
    case 404:
      return { code: 'model-not-found', way: modelWay(requestContext) };
    case 413:
      return { code: 'request-too-large' };
    case 429:
      return error.code.includes('insufficient_quota')
        ? { code: 'billing' }
        : { code: 'rate-limited', retries: true };
    case 502:
    case 503:
    case 504:
    case 529:
      return { code: 'overloaded', retries: true };
    default:
      return { code: isUnsupported(error) ? 'unsupported' : 'backend-failed' };
  }
}

function isUnsupported({ message }: SaidError): boolean {
  return /not support|unsupported|requires --enable-auto-tool-choice/i.test(message);
}

function keyWay({ key }: UpstreamRequestContext): string {
  return key === undefined
    ? "put its key into an environment variable, and name that by 'key:' in models.yaml"
    : `put a valid key into ${key}, in the environment or in .env beside models.yaml`;
}

function modelWay({ model, listed = [] }: UpstreamRequestContext): string {
  return listed.length === 0 || listed.includes(model)
    ? "check 'url' and 'upstream' in models.yaml"
    : `it has ${listed.slice(0, 10).join(', ')}: name one by 'upstream:' in models.yaml`;
}

/** Meaning of a status that a proxy in front of a server sends. */
const NOT_JSON: Readonly<Record<number, FailureCode>> = {
  400: 'invalid-request',
  413: 'request-too-large',
  422: 'invalid-request',
};

function notTheApi(
  { status, mediaType, ...rest }: Refusal,
  { url }: UpstreamRequestContext,
): RuntimeFailure {
  const said = `${url} answered ${status} with ${mediaType || 'no content type'} instead of OpenAI's ${status === 200 ? 'event stream' : 'JSON'}`;
  // A proxy in front of a server that is down or busy answers in this way.
  if ([429, 502, 503, 504].includes(status)) {
    return new RuntimeFailure('backend-unavailable', `${said}; the server of this proxy is down`, {
      retryAfterSeconds: rest.retryAfterSeconds ?? RETRY_AFTER_SECONDS,
    });
  }
  return new RuntimeFailure(
    NOT_JSON[status] ?? 'backend-failed',
    `${said}; check that the URL is the one of an OpenAI-compatible server`,
  );
}

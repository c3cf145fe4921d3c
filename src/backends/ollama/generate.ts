import type { GenerationRequest } from '../../core/backend.ts';
import { contextLimitExceeded } from '../../core/errors.ts';
import type { GenerationEvent } from '../../core/events.ts';
import type { ModelSpec } from '../../core/model.ts';
import type { PromptEstimator } from '../estimate.ts';
import type { HttpClient } from '../http.ts';
import { begun, FIRST_BYTE_WAIT_MS, within } from '../opening.ts';
import { createAnswer, promptOnlyFinish, toPromptCount } from './answer.ts';
import type { PromptCount } from './answer.ts';
import type { ModelFacts } from './facts.ts';
import type { Question } from './failures.ts';
import type { FactsFinder } from './models.ts';
import type { ChatChunk, OllamaChatRequest } from './protocol.ts';
import { toChatRequest, toCountRequest } from './request.ts';
import { chatStream, chatWhole } from './upstream.ts';

/** What all calls of one backend share. */
export interface Upstream {
  readonly http: HttpClient;
  readonly facts: FactsFinder;
  readonly estimator: PromptEstimator;
  urlOf(model: ModelSpec): string;
}

/** Counts the prompt by having it evaluated, which leaves it cached. Throws where it does not fit. */
export async function countPrompt(
  upstream: Upstream,
  request: GenerationRequest,
  signal: AbortSignal,
): Promise<PromptCount> {
  const url = upstream.urlOf(request.model);
  const facts = await upstream.facts(request.model, url, signal);
  const body = toCountRequest(request, facts);
  const { end } = await chatWhole(
    upstream.http,
    body,
    question(upstream, url, facts, body),
    signal,
  );
  const counted = toPromptCount(end);
  upstream.estimator.learn(body.model, charactersOf(body), counted.tokens);
  return counted;
}

/** Answers a request; see Backend. */
export async function* generate(
  upstream: Upstream,
  request: GenerationRequest,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent> {
  const left = new AbortController();
  try {
    const opening = open(upstream, request, AbortSignal.any([signal, left.signal]));
    const early = await within(opening, FIRST_BYTE_WAIT_MS);
    yield { type: 'admitted', inputTokens: early?.counted?.tokens ?? null };
    const { counted, chunks, body } = await opening;
    if (chunks === undefined) {
      yield promptOnlyFinish(counted);
      return;
    }
    const answer = createAnswer({ ...request, counted });
    for await (const chunk of chunks) {
      for (const event of answer.push(chunk)) {
        if (event.type !== 'finish') yield event;
        else {
          upstream.estimator.learn(body.model, charactersOf(body), event.usage.promptTokens);
          yield event;
          return;
        }
      }
    }
  } finally {
    left.abort();
  }
}

type Opened =
  /** Only the prompt was to be evaluated. */
  | { readonly counted: PromptCount; readonly chunks: undefined; readonly body: undefined }
  | {
      readonly counted: PromptCount | undefined;
      readonly chunks: AsyncIterable<ChatChunk>;
      readonly body: OllamaChatRequest;
    };

/** Everything up to the answer's first byte. */
async function open(
  upstream: Upstream,
  request: GenerationRequest,
  signal: AbortSignal,
): Promise<Opened> {
  const counted = needsCount(request) ? await countPrompt(upstream, request, signal) : undefined;
  const url = upstream.urlOf(request.model);
  const facts = await upstream.facts(request.model, url, signal);
  if (counted !== undefined) checkFits(request, counted.tokens, facts.contextTokens);
  if (counted !== undefined && request.maxTokens === 0) {
    return { counted, chunks: undefined, body: undefined };
  }
  const body = toChatRequest(request, facts, counted?.tokens);
  const asked = question(upstream, url, facts, body);
  const chunks = await begun(chatStream(upstream.http, body, asked, signal));
  return { counted, chunks, body };
}

/** A met stop sequence ends an answer uncounted, and a strict fit is decided before it begins. */
function needsCount({ maxTokens, stopSequences, overflow }: GenerationRequest): boolean {
  return maxTokens === 0 || stopSequences.length > 0 || overflow === 'strict';
}

function checkFits(request: GenerationRequest, tokens: number, contextTokens: number): void {
  if (request.overflow === 'strict' && tokens + request.maxTokens > contextTokens) {
    throw contextLimitExceeded(tokens, request.maxTokens, contextTokens);
  }
}

function question(
  { estimator }: Upstream,
  url: string,
  { contextTokens }: ModelFacts,
  body: OllamaChatRequest,
): Question {
  const estimatedTokens = estimator.estimate(body.model, charactersOf(body));
  return { url, model: body.model, contextTokens, estimatedTokens };
}

function charactersOf({ messages }: OllamaChatRequest): number {
  return messages.reduce((sum, { content }) => sum + content.length, 0);
}

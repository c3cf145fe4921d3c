import type { GenerationRequest } from '../../core/backend.ts';
import { contextLimitExceeded, RuntimeFailure } from '../../core/failure.ts';
import type { GenerationEvent } from '../../core/events.ts';
import type { ModelSpec } from '../../core/model.ts';
import { countItems } from '../../core/parts.ts';
import { beforeWorkOn, inSlices } from '../../core/steps.ts';
import type { Steps } from '../../core/steps.ts';
import type { PromptEstimator } from '../../prompt/estimate.ts';
import { cancelled } from '../../core/abort.ts';
import type { HttpClient } from '../../net/http-client.ts';
import { awaitFirstItem, FIRST_BYTE_WAIT_MS, withTimeout } from '../../net/timeouts.ts';
import { linkAbort } from '../../net/linked-abort.ts';
import { cacheCounts, createAnswer, promptOnlyFinish, toPromptCount } from './answer.ts';
import type { PromptCount } from './answer.ts';
import type { OllamaModelFacts } from './facts.ts';
import type { OllamaRequestContext } from './failures.ts';
import type { OllamaFactsFinder } from './models.ts';
import type { OllamaChunk, OllamaChatRequest } from './protocol.ts';
import { asksTwice, toChatRequest, toCountRequest, withoutKeepAlive } from './request.ts';
import { chatStream, chatWhole } from './upstream.ts';

/** Parts that all requests of one backend share. */
export interface OllamaUpstream {
  readonly http: HttpClient;
  readonly facts: OllamaFactsFinder;
  readonly estimator: PromptEstimator;
  urlOf(model: ModelSpec): string;
}

/** Counts a prompt by evaluating it, which also caches it. Throws if it does not fit. */
export async function countOllamaPrompt(
  upstream: OllamaUpstream,
  request: GenerationRequest,
  signal: AbortSignal,
): Promise<PromptCount> {
  const url = upstream.urlOf(request.model);
  const facts = await upstream.facts(request.model, url, signal);
  await beforeWorkOn(countItems(request.conversation));
  const body = await inSlices(toCountRequest(request, facts), signal);
  const { end } = await chatWhole(
    upstream.http,
    body,
    requestContextOf(upstream, url, facts, body),
    signal,
  );
  const counted = toPromptCount(end);
  upstream.estimator.learn(body.model, charactersOf(body), counted.tokens);
  return counted;
}

/** Answers a request; see Backend. */
export async function* generateByOllama(
  upstream: OllamaUpstream,
  request: GenerationRequest,
  signal: AbortSignal,
  ending?: AbortSignal,
): AsyncGenerator<GenerationEvent> {
  const scope = linkAbort(signal);
  try {
    const known: KnownPrompt = { count: undefined, estimate: undefined };
    const opening = open(upstream, request, known, scope.signal);
    await withTimeout(opening, FIRST_BYTE_WAIT_MS);
    yield admission(known);
    const { counted, chunks, body, twice } = await opening;
    if (chunks === undefined) {
      yield promptOnlyFinish(counted);
      return;
    }
    const { toolChoice } = request;
    const parallel = toolChoice.mode === 'none' || toolChoice.parallel;
    const estimatedTokens = upstream.estimator.estimate(body.model, charactersOf(body));
    const stopSequences = ending === undefined ? request.stopSequences : [];
    const answer = createAnswer({
      ...request,
      stopSequences,
      parallel,
      twice,
      counted,
      estimatedTokens,
    });
    for await (const chunk of chunks) {
      // Drop chunks that arrived before the abort.
      if (signal.aborted) throw cancelled(signal.reason);
      for (const event of answer.push(chunk)) {
        if (event.type === 'finish') {
          upstream.estimator.learn(body.model, charactersOf(body), event.usage.promptTokens);
        }
        yield event;
        if (event.type === 'finish') return;
        if (ending?.aborted === true) {
          yield answer.stop();
          return;
        }
      }
    }
  } finally {
    scope.release();
    scope.abort();
  }
}

/** Counts of a prompt before its answer. */
interface KnownPrompt {
  count: PromptCount | undefined;
  /** In tokens. */
  estimate: number | undefined;
}

function admission({ count, estimate }: KnownPrompt): GenerationEvent {
  if (count === undefined) return { type: 'admitted', inputTokens: estimate ?? null };
  return { type: 'admitted', inputTokens: count.tokens, cache: cacheCounts(count) };
}

type Opened =
  /** Only the prompt was evaluated. */
  | {
      readonly counted: PromptCount;
      readonly chunks: undefined;
      readonly body: undefined;
      readonly twice: false;
    }
  | {
      readonly counted: PromptCount | undefined;
      readonly chunks: AsyncIterable<OllamaChunk>;
      readonly body: OllamaChatRequest;
      readonly twice: boolean;
    };

/** Sends the request and waits for the first byte of the answer. */
async function open(
  upstream: OllamaUpstream,
  request: GenerationRequest,
  known: KnownPrompt,
  signal: AbortSignal,
): Promise<Opened> {
  const url = upstream.urlOf(request.model);
  const facts = await upstream.facts(request.model, url, signal);
  await beforeWorkOn(countItems(request.conversation));
  const twice = asksTwice(request, facts);
  const isCounted = twice || needsCount(request);
  // The count must not unload the model, because the evaluated prompt would be lost.
  const counting = request.maxTokens === 0 ? request : withoutKeepAlive(request);
  const counted = isCounted ? await countOllamaPrompt(upstream, counting, signal) : undefined;
  known.count = counted;
  if (counted !== undefined) checkFits(request, counted.tokens, facts.contextTokens);
  if (counted !== undefined && request.maxTokens === 0) {
    return { counted, chunks: undefined, body: undefined, twice: false };
  }
  const body = await inSlices(toChatRequest(request, facts, counted?.tokens), signal);
  const requestContext = requestContextOf(upstream, url, facts, body);
  known.estimate = requestContext.estimatedTokens;
  const ask = (chat: OllamaChatRequest) => chatStream(upstream.http, chat, requestContext, signal);
  const again = async function* again() {
    yield* ask(await inSlices(unthinking(request, facts), signal));
  };
  const held = twice ? heldToFormat(ask(body), again) : ask(body);
  const chunks = await awaitFirstItem(held);
  return { counted, chunks, body, twice };
}

/**
 * Answer that should begin with thinking. If it does not, Ollama never applies the format, so the model is
 * asked `again` in a form in which it does.
 */
async function* heldToFormat(
  chunks: AsyncGenerator<OllamaChunk, void>,
  again: () => AsyncGenerator<OllamaChunk, void>,
): AsyncGenerator<OllamaChunk, void> {
  let thought = false;
  for await (const chunk of chunks) {
    thought ||= chunk.thinking !== '';
    if (!thought) {
      yield* again();
      return;
    }
    yield chunk;
  }
}

/** Makes the same request without thinking, so that Ollama applies the format from the start. */
function* unthinking(
  request: GenerationRequest,
  facts: OllamaModelFacts,
): Steps<OllamaChatRequest> {
  if (facts.formatAfterThinking) {
    throw new RuntimeFailure(
      'backend-failed',
      `${request.model.name} answered without thinking, and Ollama applies a JSON schema only after ` +
        'thinking; ask again, or ask for JSON in the prompt',
    );
  }
  return yield* toChatRequest({ ...request, thinking: { mode: 'disabled' } }, facts);
}

/**
 * Returns true if the prompt has to be counted first: Ollama does not count an answer that ends at a stop
 * sequence, and `strict` decides before the answer.
 */
function needsCount({ maxTokens, stopSequences, overflow }: GenerationRequest): boolean {
  return maxTokens === 0 || stopSequences.length > 0 || overflow === 'strict';
}

function checkFits(request: GenerationRequest, tokens: number, contextTokens: number): void {
  if (request.overflow === 'strict' && tokens + request.maxTokens > contextTokens) {
    throw contextLimitExceeded(tokens, request.maxTokens, contextTokens);
  }
}

function requestContextOf(
  { estimator }: OllamaUpstream,
  url: string,
  { contextTokens }: OllamaModelFacts,
  body: OllamaChatRequest,
): OllamaRequestContext {
  const estimatedTokens = estimator.estimate(body.model, charactersOf(body));
  return { url, model: body.model, contextTokens, estimatedTokens };
}

function charactersOf({ messages, tools = [] }: OllamaChatRequest): number {
  const calls = messages.flatMap(({ tool_calls: made = [] }) => made);
  const texts = [...messages.map(({ content }) => content), ...[...calls, ...tools].map(toJson)];
  return texts.reduce((sum, text) => sum + text.length, 0);
}

function toJson(value: object): string {
  return JSON.stringify(value);
}

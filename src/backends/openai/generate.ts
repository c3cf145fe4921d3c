import type { GenerationRequest } from '../../core/backend.ts';
import { contextLimitExceeded, promptTooLong, RuntimeFailure } from '../../core/errors.ts';
import type { GenerationEvent } from '../../core/events.ts';
import type { HttpAnswer } from '../http.ts';
import { begun, FIRST_BYTE_WAIT_MS, within } from '../opening.ts';
import { parseJson } from '../said.ts';
import { adjust } from './adjustments.ts';
import { AnswerReader } from './answer.ts';
import { countCall, prepareCall } from './call.ts';
import type { Call, Upstream } from './call.ts';
import { isRefusal } from './client.ts';
import { charactersOf, hasPictures, needsCount } from './count.ts';
import { refusalFailure } from './failures.ts';
import type { ChatChunk } from './protocol.ts';
import { continues, toChatBody, unsentSampling } from './request.ts';
import { readError } from './said-error.ts';
import { readChunks } from './stream.ts';

/** Refusals that another way of asking may help against; llama-server says 500 for some. */
const ADJUSTABLE_STATUSES: readonly number[] = [400, 422, 500];

/**
 * Counts the prompt: exactly where the server has a tokenizer, else by the last count of its model.
 * Pictures have to be seen for that, which leaves them cached, so only servers of one's own are asked.
 */
export async function countPrompt(
  upstream: Upstream,
  request: GenerationRequest,
  signal: AbortSignal,
): Promise<number> {
  const call = await prepareCall(upstream, request, signal);
  const seen = call.facts.traits.tokenizer !== 'none' && hasPictures(call.prompt);
  const counted = seen ? await countBySeeing(upstream, request, signal) : await countCall(call);
  return counted ?? call.estimatedTokens;
}

async function countBySeeing(
  upstream: Upstream,
  request: GenerationRequest,
  signal: AbortSignal,
): Promise<number | undefined> {
  for await (const event of generate(upstream, { ...request, maxTokens: 0 }, signal)) {
    if (event.type === 'finish') return event.usage.promptTokens;
  }
  return undefined;
}

/** Answers a request; see Backend. */
export async function* generate(
  upstream: Upstream,
  request: GenerationRequest,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent> {
  const left = new AbortController();
  const count: Count = { tokens: undefined };
  try {
    const opening = open(upstream, request, count, AbortSignal.any([signal, left.signal]));
    await within(opening, FIRST_BYTE_WAIT_MS);
    yield { type: 'admitted', inputTokens: count.tokens ?? null };
    const { call, chunks } = await opening;
    for await (const event of translate(call, chunks, count)) {
      if (event.type === 'finish') {
        upstream.estimator.learn(call.key, charactersOf(call.prompt), event.usage.promptTokens);
      }
      yield event;
    }
  } finally {
    left.abort();
  }
}

/** A count that comes while the answer is on its way. */
interface Count {
  tokens: number | undefined;
}

interface Opened {
  readonly call: Call;
  readonly chunks: AsyncIterable<ChatChunk>;
}

/** Everything up to the answer's first event. */
async function open(
  upstream: Upstream,
  request: GenerationRequest,
  count: Count,
  signal: AbortSignal,
): Promise<Opened> {
  const call = await prepareCall(upstream, request, signal);
  refusePrefill(call);
  for (const name of unsentSampling(request, call.facts)) {
    upstream.log(`${name} is not sent for ${request.model.name}: its server does not take it`);
  }
  const counting = countCall(call).then((tokens) => (count.tokens = tokens));
  // Where the answer fails first, nobody waits for it any more.
  counting.catch(() => undefined);
  const limited = needsCount(request, call.facts);
  const most = limited ? room(call, await counting) : Number.POSITIVE_INFINITY;
  const asking = begun(readChunks(await ask(upstream, call, most), call.question));
  // An answer does not fail because its prompt could not be counted beside it.
  const [chunks] = await Promise.all([asking, counting.catch(() => undefined)]);
  return { call, chunks };
}

/** What the context leaves for the answer, in tokens. Throws where the prompt does not fit. */
function room({ request, facts }: Call, counted: number | undefined): number {
  if (counted === undefined) return Number.POSITIVE_INFINITY;
  const { contextTokens } = facts;
  if (counted >= contextTokens) throw promptTooLong(counted, contextTokens);
  if (request.overflow === 'strict' && counted + request.maxTokens > contextTokens) {
    throw contextLimitExceeded(counted, request.maxTokens, contextTokens);
  }
  return contextTokens - counted;
}

function refusePrefill({ request, facts, client }: Call): void {
  if (facts.traits.prefill !== 'never' || !continues(request)) return;
  throw new RuntimeFailure(
    'unsupported',
    `messages: a last assistant turn can't be continued by the server at ${client.url}. Leave it out, ` +
      "or set 'server:' in models.yaml if it is llama-server, vLLM or SGLang.",
  );
}

/** Asks, and asks otherwise where the server refuses how it was asked. */
async function ask(upstream: Upstream, call: Call, maxTokens: number): Promise<HttpAnswer> {
  const { request, facts, client, signal, question, key } = call;
  let adjustments = { ...call.adjustments, maxTokens };
  for (;;) {
    const answer = await client.complete(toChatBody(request, facts, adjustments), signal);
    if (!isRefusal(answer)) {
      upstream.adjustments.set(key, { ...adjustments, maxTokens: Number.POSITIVE_INFINITY });
      return answer;
    }
    const error = ADJUSTABLE_STATUSES.includes(answer.status)
      ? readError(parseJson(answer.body))
      : undefined;
    const next = error && adjust(adjustments, error, request);
    if (next === undefined) throw refusalFailure(answer, question);
    adjustments = next;
  }
}

async function* translate(
  { request, estimatedTokens }: Call,
  chunks: AsyncIterable<ChatChunk>,
  count: Count,
): AsyncGenerator<GenerationEvent> {
  const { toolChoice, maxTokens } = request;
  const reader = new AnswerReader({
    maxTokens,
    stopSequences: request.stopSequences,
    parallel: toolChoice.mode === 'none' || toolChoice.parallel,
    promptTokens: () => count.tokens ?? estimatedTokens,
  });
  for await (const chunk of chunks) {
    for (const event of reader.push(chunk)) {
      if (isWanted(event, maxTokens)) yield event;
      if (event.type === 'finish') return;
    }
  }
  for (const event of reader.end()) {
    if (isWanted(event, maxTokens))
      yield event.type === 'finish' ? atMost(event, maxTokens) : event;
  }
}

/** One token is the least that servers generate; for `max_tokens` 0 it is no part of the answer. */
function isWanted({ type }: GenerationEvent, maxTokens: number): boolean {
  return maxTokens > 0 || type === 'finish' || type === 'progress';
}

function atMost(
  finish: GenerationEvent & { readonly type: 'finish' },
  maxTokens: number,
): GenerationEvent {
  if (maxTokens > 0) return finish;
  return { ...finish, reason: 'max-tokens', usage: { ...finish.usage, outputTokens: 0 } };
}

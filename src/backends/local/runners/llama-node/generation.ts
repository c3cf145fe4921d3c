import { existsSync } from 'node:fs';
import type { GenerationEvent } from '../../../../core/events.ts';
import type { ModelHead } from '../../model/model-metadata.ts';
import { within } from '../../../../net/timeouts.ts';
import type { Transcripts } from '../../transcripts.ts';
import type { VisionContext } from './context.ts';
import type { CompletionEnd, CompletionOptions } from './context-options.ts';
import { Decoding } from './decoding.ts';
import type { Continue } from './decoding.ts';
import type { PreparedRequest, WrittenText } from './prompter.ts';
import type { StateFile } from './state-file.ts';
import type { SteeringOptions } from './steering.ts';

/** What answers, once a model is in memory. */
export interface Speaker {
  readonly head: ModelHead;
  readonly context: VisionContext;
  readonly transcripts: Transcripts<WrittenText>;
  readonly steering: SteeringOptions;
  /** Texts of tokens that end the model's turn, beyond those that end its generation anyway. */
  readonly ends: readonly string[];
  /** The state that prompts without pictures share; undefined where none is kept. */
  readonly state: StateFile | undefined;
}

/** The client learns of its request's admission so much later at most, for the sake of exact counts. */
const REUSE_WAIT_MS = 500;

/** Answers a request whose turn has come; `admits`: its admission is yielded too. */
export async function* generateOn(
  speaker: Speaker,
  prepared: PreparedRequest,
  signal: AbortSignal,
  admits: boolean,
): AsyncGenerator<GenerationEvent> {
  const { request, tokens: total, limit } = prepared;
  const prefilling = prefill(speaker, prepared, signal);
  if (admits) yield admission(prepared, await within(prefilling, REUSE_WAIT_MS));
  yield { type: 'progress', phase: 'prefill', done: 0, total };
  const cacheReadTokens = await prefilling;
  yield { type: 'progress', phase: 'prefill', done: total, total };
  const counts = { promptTokens: total, ...cacheCounts(prepared, cacheReadTokens) };
  if (limit.tokens === 0) {
    const usage = { ...counts, outputTokens: 0, thinkingTokens: 0 };
    yield { type: 'finish', reason: limit.reason, stopSequence: null, usage };
    return;
  }
  const decoding = new Decoding(speaker.head, prepared, speaker.steering);
  yield* decoding.run(continuing(speaker, prepared, signal), signal);
  const { answer, reason, stopSequence, outputTokens, thinkingTokens } = decoding;
  if (answer !== undefined) {
    const { images } = prepared.written;
    const text = prepared.prompt.text + answer.text;
    const kept = { text, images, length: text.length };
    await speaker.transcripts.keep(request, kept, answer.events, signal);
  }
  const usage = { ...counts, outputTokens, thinkingTokens };
  yield { type: 'finish', reason, stopSequence, usage };
}

/** The event that admits a request; `cacheReadTokens` is undefined if its reuse is not known yet. */
export function admission(
  prepared: PreparedRequest,
  cacheReadTokens: number | undefined,
): GenerationEvent {
  const inputTokens = prepared.tokens;
  if (cacheReadTokens === undefined) return { type: 'admitted', inputTokens };
  return { type: 'admitted', inputTokens, cache: cacheCounts(prepared, cacheReadTokens) };
}

function cacheCounts(prepared: PreparedRequest, cacheReadTokens: number) {
  const { request, tokens, tokensBeforePlace } = prepared;
  // The last token is evaluated by every request: without it there is nothing to sample from.
  const kept = tokens - 1 - cacheReadTokens;
  const counts = { cacheReadTokens, cacheCreationTokens: request.cachesPrompt === true ? kept : 0 };
  if (tokensBeforePlace === undefined) return counts;
  const long = Math.max(0, tokensBeforePlace - cacheReadTokens);
  return { ...counts, longCacheTokens: Math.min(long, counts.cacheCreationTokens) };
}

/**
 * Evaluates the prompt by a completion of its own, which is the only one that tells how much of it was
 * there, and gives that in tokens. Its one token is dropped.
 */
async function prefill(
  speaker: Speaker,
  prepared: PreparedRequest,
  signal: AbortSignal,
): Promise<number> {
  const { request, prompt, tokens, limit } = prepared;
  const state = stateOf(speaker, prepared);
  // The addon keeps nothing of a prompt without pictures, so it would evaluate it twice.
  if (prompt.pictures.length === 0 && state.save === undefined && limit.tokens > 0) return 0;
  const { ends } = speaker;
  const options = { ends, sampling: request.sampling, ...state, maxTokens: 1 };
  const stream = speaker.context.complete(prompt, options, signal);
  let next = await stream.next();
  while (next.done !== true) next = await stream.next();
  return Math.min(next.value.cachedTokens, tokens - 1);
}

function continuing(speaker: Speaker, prepared: PreparedRequest, signal: AbortSignal): Continue {
  const { request, prompt } = prepared;
  const sampling = { ...request.model.sampling, ...request.sampling };
  return (written, maxTokens, { grammar, triggers }): AsyncGenerator<string, CompletionEnd> => {
    // A grammar that holds at once says itself where the turn may end, and its strings may hold such a text.
    const held = grammar !== undefined && triggers === undefined;
    const options = {
      ends: held ? [] : speaker.ends,
      sampling,
      ...stateOf(speaker, prepared),
      maxTokens,
      ...(grammar !== undefined && { grammar }),
      ...(triggers !== undefined && { triggers }),
    };
    return speaker.context.complete({ ...prompt, text: prompt.text + written }, options, signal);
  };
}

/** The addon itself reuses prompts with pictures, and all others by a file only. */
function stateOf(
  { state }: Speaker,
  { prompt, tokens }: PreparedRequest,
): Pick<CompletionOptions, 'load' | 'save'> {
  const keeps = state !== undefined && tokens <= state.mostTokens;
  if (prompt.pictures.length > 0 || !keeps) return {};
  return { save: state.file, ...(existsSync(state.file) && { load: state.file }) };
}

import { createStopMatcher } from '../../formats/shared/stops.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import { deltas } from '../../core/events.ts';
import type { GenerationEvent, StopReason, Usage } from '../../core/events.ts';
import { newToolCallId } from '../../core/ids.ts';
import { AnswerBound } from '../../net/answer-bound.ts';
import type { OllamaChunk, ChunkCall, ChunkEnd, DoneReason } from './protocol.ts';

/** Token counts of a prompt, known before its answer. */
export interface PromptCount {
  readonly tokens: number;
  readonly cachedTokens: number;
}

export interface OllamaAnswerOptions {
  readonly maxTokens: number;
  readonly stopSequences: readonly string[];
  /** Accepts more than one call; otherwise calls after the first are dropped. */
  readonly parallel: boolean;
  /** Ollama generates the answer twice; see `asksTwice`. */
  readonly twice: boolean;
  /** Needed for two generations and for stop sequences, because Ollama does not count an answer that Portico ends. */
  readonly counted: PromptCount | undefined;
  /** Estimated tokens of the prompt, for an answer without a count. */
  readonly estimatedTokens: number;
}

/**
 * Translates the chunks of one answer into events. The last one is `finish`, after which no chunk may be
 * pushed.
 *
 * Stop sequences are matched here. If one is met, the usage counts the received tokens. That is exact
 * except for the tags around thinking, because Ollama removes them with their tokens.
 */
export function createAnswer(options: OllamaAnswerOptions): {
  push(chunk: OllamaChunk): readonly GenerationEvent[];
  /** Ends the answer at a stop sequence that another reader of it met. */
  stop(): GenerationEvent;
} {
  const stops = createStopMatcher(options.stopSequences);
  const bound = new AnswerBound(options.maxTokens);
  let received = 0;
  let calls = 0;
  let thought = false;
  const finishOf = (reason: StopReason, sequence: string | null, end?: ChunkEnd) =>
    finish(
      reason,
      sequence,
      toUsage(end, { ...options, twice: options.twice && thought }, received),
    );
  return {
    push(chunk) {
      received += chunk.tokens;
      thought ||= chunk.thinking !== '';
      const thinking = deltas('thinking-delta', chunk.thinking);
      const { text, stopped } = stops.push(chunk.text);
      if (stopped !== null) {
        return [...thinking, ...deltas('text-delta', text), finishOf('stop-sequence', stopped)];
      }
      const isLast = chunk.calls.length > 0 || chunk.end !== undefined;
      const said = [...thinking, ...deltas('text-delta', isLast ? text + stops.flush() : text)];
      const wanted = options.parallel ? chunk.calls : chunk.calls.slice(0, calls === 0 ? 1 : 0);
      calls += chunk.calls.length;
      const events = [...said, ...wanted.flatMap(callEvents)];
      if (chunk.end !== undefined) {
        return [...events, finishOf(reasonOf(chunk.end, received, calls), null, chunk.end)];
      }
      // Ollama applies max_tokens to each generation separately.
      const isOver = options.twice && received >= options.maxTokens;
      return bound.isExceededBy(charactersOf(chunk)) || isOver
        ? [...events, ...deltas('text-delta', stops.flush()), finishOf('max-tokens', null)]
        : events;
    },
    stop: () => finishOf('stop-sequence', null),
  };

  function reasonOf(end: ChunkEnd, tokens: number, made: number): StopReason {
    const reason = toOllamaStopReason(end.reason, end.outputTokens ?? tokens, options.maxTokens);
    return reason === 'end-turn' && made > 0 ? 'tool-use' : reason;
  }
}

function charactersOf({ text, thinking, calls }: OllamaChunk): number {
  return calls.reduce((sum, { json }) => sum + json.length, text.length + thinking.length);
}

function callEvents({ name, json }: ChunkCall): readonly GenerationEvent[] {
  const id = newToolCallId();
  return [
    { type: 'tool-call-start', id, name },
    { type: 'tool-call-delta', id, json },
    { type: 'tool-call-end', id },
  ];
}

/** Finish of a request that only evaluates its prompt. The one token that Ollama generates is not counted. */
export function promptOnlyFinish(counted: PromptCount): GenerationEvent {
  return finish(
    'max-tokens',
    null,
    toUsage(undefined, { counted, twice: false, estimatedTokens: counted.tokens }, 0),
  );
}

/** Reads the count of a prompt from the last chunk of its answer. */
export function toPromptCount(end: ChunkEnd | undefined): PromptCount {
  const count = countOf(end);
  if (count !== undefined) return count;
  throw new RuntimeFailure(
    'backend-failed',
    'Ollama did not count the prompt; update Ollama: https://ollama.com/download',
  );
}

function countOf(end: ChunkEnd | undefined): PromptCount | undefined {
  const tokens = end?.promptTokens;
  return tokens === undefined ? undefined : { tokens, cachedTokens: end?.cachedTokens ?? 0 };
}

/**
 * Reason why an answer ended. With `shift: false`, Ollama reports `length` for a full context too. An
 * answer with that reason that is shorter than requested has therefore filled the context.
 *
 * @throws {RuntimeFailure} for reasons that are not the end of an answer
 */
export function toOllamaStopReason(
  reason: DoneReason,
  outputTokens: number,
  maxTokens: number,
): StopReason {
  switch (reason) {
    case 'stop':
      return 'end-turn';
    case 'length':
      return outputTokens < maxTokens ? 'context-exceeded' : 'max-tokens';
    case 'load':
    case 'unload':
      throw new RuntimeFailure(
        'backend-failed',
        `Ollama answered with "${reason}" instead of a message: the conversation has no text that it can use`,
      );
    default:
      return reason satisfies never;
  }
}

/** Usage of the cached part of a prompt. Ollama does not report which tokens it adds to its cache. */
export function cacheCounts({ tokens, cachedTokens }: PromptCount) {
  return { cacheReadTokens: Math.min(cachedTokens, tokens), cacheCreationTokens: 0 };
}

/** Usage of an answer. Cached tokens come from the count before it, because now the complete prompt is cached. */
function toUsage(
  end: ChunkEnd | undefined,
  {
    counted,
    twice,
    estimatedTokens,
  }: Pick<OllamaAnswerOptions, 'counted' | 'twice' | 'estimatedTokens'>,
  received: number,
): Usage {
  const prompt = counted ?? countOf(end) ?? { tokens: estimatedTokens, cachedTokens: 0 };
  const thought = twice ? (end?.promptTokens ?? prompt.tokens) - prompt.tokens : 0;
  return {
    promptTokens: prompt.tokens,
    ...cacheCounts(prompt),
    outputTokens: end?.outputTokens === undefined ? received : end.outputTokens + thought,
    // Ollama does not count thinking separately.
    thinkingTokens: 0,
  };
}

function finish(reason: StopReason, stopSequence: string | null, usage: Usage): GenerationEvent {
  return { type: 'finish', reason, stopSequence, usage };
}

import { createStopMatcher } from '../../formats/shared/stops.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import type { GenerationEvent, StopReason, Usage } from '../../core/events.ts';
import { newToolCallId } from '../../core/ids.ts';
import { AnswerBound } from '../../net/answer-bound.ts';
import type { OllamaChunk, ChunkCall, ChunkEnd, DoneReason } from './protocol.ts';

/** What was known of a prompt before its answer began. */
export interface PromptCount {
  readonly tokens: number;
  readonly cachedTokens: number;
}

export interface OllamaAnswerOptions {
  readonly maxTokens: number;
  readonly stopSequences: readonly string[];
  /** More than one call is wanted; else those behind the first are passed over. */
  readonly parallel: boolean;
  /** Ollama makes two generations of the answer; see `asksTwice`. */
  readonly twice: boolean;
  /** Needed for two generations, and where there are stop sequences: an answer that we end is not counted by Ollama. */
  readonly counted: PromptCount | undefined;
  /** The prompt's tokens, for an answer that comes without a count. */
  readonly estimatedTokens: number;
}

/**
 * Translates the chunks of one answer into events, of which the last is `finish`; nothing may be
 * pushed after it.
 *
 * Stop sequences are looked for here. Once one is met, the output is what was received: exact, but
 * for the tags around thinking, which Ollama swallows with their tokens.
 */
export function createAnswer(options: OllamaAnswerOptions): {
  push(chunk: OllamaChunk): readonly GenerationEvent[];
  /** Ends the answer at a stop sequence that its reader met. */
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
      const thinking = delta('thinking-delta', chunk.thinking);
      const { text, stopped } = stops.push(chunk.text);
      if (stopped !== null) {
        return [...thinking, ...delta('text-delta', text), finishOf('stop-sequence', stopped)];
      }
      const isLast = chunk.calls.length > 0 || chunk.end !== undefined;
      const said = [...thinking, ...delta('text-delta', isLast ? text + stops.flush() : text)];
      const wanted = options.parallel ? chunk.calls : chunk.calls.slice(0, calls === 0 ? 1 : 0);
      calls += chunk.calls.length;
      const events = [...said, ...wanted.flatMap(callEvents)];
      if (chunk.end !== undefined) {
        return [...events, finishOf(reasonOf(chunk.end, received, calls), null, chunk.end)];
      }
      // Each generation has the whole of max_tokens for itself.
      const isOver = options.twice && received >= options.maxTokens;
      return bound.isExceededBy(charactersOf(chunk)) || isOver
        ? [...events, ...delta('text-delta', stops.flush()), finishOf('max-tokens', null)]
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

/** What ends a request that only wants its prompt evaluated: the one token that Ollama made is not part of it. */
export function promptOnlyFinish(counted: PromptCount): GenerationEvent {
  return finish(
    'max-tokens',
    null,
    toUsage(undefined, { counted, twice: false, estimatedTokens: counted.tokens }, 0),
  );
}

/** The count of a prompt from the last chunk of an answer to it. */
export function toPromptCount(end: ChunkEnd | undefined): PromptCount {
  const count = countOf(end);
  if (count !== undefined) return count;
  throw new RuntimeFailure(
    'backend-failed',
    'Ollama did not count the prompt; an update of Ollama helps: https://ollama.com/download',
  );
}

function countOf(end: ChunkEnd | undefined): PromptCount | undefined {
  const tokens = end?.promptTokens;
  return tokens === undefined ? undefined : { tokens, cachedTokens: end?.cachedTokens ?? 0 };
}

/**
 * Why an answer ended. With `shift: false` Ollama says `length` for a full context too, so an
 * answer that ended there and is shorter than was asked for has met the context's end.
 *
 * @throws RuntimeFailure for the reasons that no answer to a message ends with
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
        `Ollama answered with "${reason}" instead of a message: the conversation has no text for it`,
      );
    default:
      return reason satisfies never;
  }
}

/** The part of a prompt that was cached; Ollama does not tell what it keeps. */
export function cacheCounts({ tokens, cachedTokens }: PromptCount) {
  return { cacheReadTokens: Math.min(cachedTokens, tokens), cacheCreationTokens: 0 };
}

/** The count made beforehand says what was cached then: by now all of the prompt is. */
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
    // Ollama counts thinking and text together.
    thinkingTokens: 0,
  };
}

function delta(type: 'text-delta' | 'thinking-delta', text: string): readonly GenerationEvent[] {
  return text === '' ? [] : [{ type, text }];
}

function finish(reason: StopReason, stopSequence: string | null, usage: Usage): GenerationEvent {
  return { type: 'finish', reason, stopSequence, usage };
}

import { createStopMatcher } from '../../formats/shared/stops.ts';
import type { StopMatcher } from '../../formats/shared/stops.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import type { GenerationEvent, StopReason, Usage } from '../../core/events.ts';
import { AnswerBound } from '../../net/answer-bound.ts';
import { CallReader } from './calls.ts';
import type { ChatChunk } from './protocol.ts';
import type { UsageReport } from './usage.ts';

export interface AnswerOptions {
  readonly maxTokens: number;
  readonly stopSequences: readonly string[];
  /** More than one call is wanted. */
  readonly parallel: boolean;
  /** The prompt's tokens, for an answer whose usage the server does not tell. */
  readonly promptTokens: () => number;
}

/**
 * Translates the events of one answer into ours. Stop sequences are looked for here, in text alone:
 * few servers say which one they met, and all of them look into thinking and calls too.
 */
export class AnswerReader {
  readonly #options: AnswerOptions;
  readonly #stops: StopMatcher;
  readonly #calls: CallReader;
  readonly #bound: AnswerBound;
  #usage: UsageReport | undefined;
  #received = 0;
  #finishReason: string | undefined;

  constructor(options: AnswerOptions) {
    this.#options = options;
    this.#stops = createStopMatcher(options.stopSequences);
    this.#calls = new CallReader(options.parallel);
    this.#bound = new AnswerBound(options.maxTokens);
  }

  /** Takes the next event; a `finish` among ours ends the answer before its upstream does. */
  push(chunk: ChatChunk): readonly GenerationEvent[] {
    const events = this.#read(chunk);
    // A server that says that it is done needs no one to end its answer.
    const isDone = chunk.finishReason !== undefined || events.at(-1)?.type === 'finish';
    return !this.#bound.isExceededBy(charactersOf(chunk)) || isDone
      ? events
      : [...events, ...this.#rest(true), this.#finish('max-tokens', null)];
  }

  #read(chunk: ChatChunk): readonly GenerationEvent[] {
    this.#usage = chunk.usage ?? this.#usage;
    this.#finishReason ??= chunk.finishReason;
    if (chunk.text !== '' || chunk.thinking !== '' || chunk.calls.length > 0) this.#received++;
    const { text, stopped } = this.#stops.push(chunk.text);
    const isText = chunk.text !== '' || chunk.thinking !== '';
    const events = [
      ...(chunk.prefill ? [prefill(chunk.prefill)] : []),
      ...(isText ? this.#calls.endWhole() : []),
      ...this.#think(chunk.thinking),
      ...delta('text-delta', text),
    ];
    if (stopped !== null) return [...events, this.#finish('stop-sequence', stopped)];
    if (chunk.calls.length === 0) return events;
    const held = delta('text-delta', this.#stops.flush());
    return [...events, ...held, ...chunk.calls.flatMap((call) => this.#calls.push(call))];
  }

  /** Ends the answer at a stop sequence that its reader met. */
  stop(): GenerationEvent {
    return this.#finish('stop-sequence', null);
  }

  /** The rest, once the upstream has ended. Throws where it ended without saying why. */
  end(): readonly GenerationEvent[] {
    const reason = this.#finishReason;
    if (reason === undefined) {
      throw new RuntimeFailure(
        'backend-failed',
        'the model server ended its answer without saying that it is done',
      );
    }
    const cut = isCut(reason);
    const rest = this.#rest(cut);
    const { maxTokens } = this.#options;
    const outcome = toStopReason(reason, {
      calls: this.#calls.whole,
      short: this.#usage !== undefined && this.#usage.outputTokens < maxTokens,
    });
    return [...rest, this.#finish(outcome, null)];
  }

  /** What was held back until the answer ended. */
  #rest(cut: boolean): readonly GenerationEvent[] {
    return [...delta('text-delta', this.#stops.flush()), ...this.#calls.end(cut)];
  }

  /** Thinking behind text is a block of its own, so what was held of the text comes first. */
  #think(thinking: string): readonly GenerationEvent[] {
    if (thinking === '') return [];
    return [...delta('text-delta', this.#stops.flush()), ...delta('thinking-delta', thinking)];
  }

  #finish(reason: StopReason, stopSequence: string | null): GenerationEvent {
    return { type: 'finish', reason, stopSequence, usage: this.#toUsage() };
  }

  #toUsage(): Usage {
    const promptTokens = this.#usage?.promptTokens ?? this.#options.promptTokens();
    return {
      promptTokens,
      cacheReadTokens: Math.min(this.#usage?.cachedTokens ?? 0, promptTokens),
      cacheCreationTokens: 0,
      // A server that counts nothing sends about one event for each token.
      outputTokens: this.#usage?.outputTokens ?? this.#received,
      thinkingTokens: this.#usage?.thinkingTokens ?? 0,
    };
  }
}

/**
 * Why an answer ended. Some servers say `stop` where calls were made, and all of them say `length`
 * for a full context too: an answer that is `short` of what was asked for has met the context's end.
 * A word that is not known says at least that the answer is whole.
 *
 * @throws RuntimeFailure `backend-failed` for the words that stand for a failure
 */
export function toStopReason(
  reason: string,
  { calls, short }: { readonly calls: number; readonly short: boolean },
): StopReason {
  switch (reason) {
    case 'length':
    case 'max_tokens':
      return short ? 'context-exceeded' : 'max-tokens';
    case 'model_length':
      return 'context-exceeded';
    case 'content_filter':
    case 'refusal':
      return 'refusal';
    case 'error':
    case 'abort':
    case 'insufficient_system_resource':
      throw new RuntimeFailure(
        'backend-failed',
        `the model server broke its answer off with "${reason}"; ask again, and look into its log`,
      );
    default:
      return calls > 0 ? 'tool-use' : 'end-turn';
  }
}

function charactersOf({ text, thinking, calls }: ChatChunk): number {
  return calls.reduce(
    (sum, { name, json }) => sum + name.length + json.length,
    text.length + thinking.length,
  );
}

function isCut(reason: string): boolean {
  return ['length', 'max_tokens', 'model_length', 'content_filter', 'refusal'].includes(reason);
}

function prefill({ done, total }: NonNullable<ChatChunk['prefill']>): GenerationEvent {
  return { type: 'progress', phase: 'prefill', done, total };
}

function delta(type: 'text-delta' | 'thinking-delta', text: string): readonly GenerationEvent[] {
  return text === '' ? [] : [{ type, text }];
}

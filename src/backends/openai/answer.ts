import { createStopMatcher } from '../../formats/shared/stops.ts';
import type { StopMatcher } from '../../formats/shared/stops.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import { deltas } from '../../core/events.ts';
import type { GenerationEvent, StopReason, Usage } from '../../core/events.ts';
import { AnswerBound } from '../../net/answer-bound.ts';
import { CallReader } from './calls.ts';
import type { ChatChunk } from './protocol.ts';
import type { UsageReport } from './usage.ts';

export interface AnswerOptions {
  readonly maxTokens: number;
  readonly stopSequences: readonly string[];
  /** Accepts more than one call. */
  readonly parallel: boolean;
  /** Tokens of the prompt, for an answer without usage. */
  readonly promptTokens: () => number;
}

/**
 * Translates the events of one answer. Stop sequences are matched here, in text only: few servers report
 * which one they met, and all of them match in thinking and calls too.
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

  /** Translates the next event. A `finish` in the result ends the answer before its upstream does. */
  push(chunk: ChatChunk): readonly GenerationEvent[] {
    const events = this.#read(chunk);
    // The limit does not apply to the last event, because the server has ended the answer itself.
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
      ...deltas('text-delta', text),
    ];
    if (stopped !== null) return [...events, this.#finish('stop-sequence', stopped)];
    if (chunk.calls.length === 0) return events;
    const held = deltas('text-delta', this.#stops.flush());
    return [...events, ...held, ...chunk.calls.flatMap((call) => this.#calls.push(call))];
  }

  /** Ends the answer at a stop sequence that another reader of it met. */
  stop(): GenerationEvent {
    return this.#finish('stop-sequence', null);
  }

  /** Returns the rest after the upstream has ended. Throws if it ended without a reason. */
  end(): readonly GenerationEvent[] {
    const reason = this.#finishReason;
    if (reason === undefined) {
      throw new RuntimeFailure(
        'backend-failed',
        'the model server ended its answer before it was done',
      );
    }
    const cut = isCut(reason);
    const rest = this.#rest(cut);
    const { maxTokens } = this.#options;
    const tokens = this.#outputTokens;
    const outcome = toStopReason(reason, {
      calls: this.#calls.whole,
      short: tokens !== undefined && tokens < maxTokens,
    });
    return [...rest, this.#finish(outcome, null)];
  }

  /** Events that were buffered until the end of the answer. */
  #rest(cut: boolean): readonly GenerationEvent[] {
    return [...deltas('text-delta', this.#stops.flush()), ...this.#calls.end(cut)];
  }

  /** Thinking after text is a separate block, so buffered text is sent first. */
  #think(thinking: string): readonly GenerationEvent[] {
    if (thinking === '') return [];
    return [...deltas('text-delta', this.#stops.flush()), ...deltas('thinking-delta', thinking)];
  }

  #finish(reason: StopReason, stopSequence: string | null): GenerationEvent {
    return { type: 'finish', reason, stopSequence, usage: this.#toUsage() };
  }

  /** Reported tokens of the answer; undefined if there are none, or 0 for an answer that has output. */
  get #outputTokens(): number | undefined {
    const tokens = this.#usage?.outputTokens;
    return tokens === 0 && this.#received > 0 ? undefined : tokens;
  }

  #toUsage(): Usage {
    const promptTokens = this.#usage?.promptTokens ?? this.#options.promptTokens();
    return {
      promptTokens,
      cacheReadTokens: Math.min(this.#usage?.cachedTokens ?? 0, promptTokens),
      cacheCreationTokens: 0,
      // Without a count, assume one event per token, as most servers send.
      outputTokens: this.#outputTokens ?? this.#received,
      thinkingTokens: this.#usage?.thinkingTokens ?? 0,
    };
  }
}

/**
 * Reason why an answer ended. Some servers report `stop` after calls. All of them report `length` for a full
 * context too: an answer that is `short` of the requested tokens has filled the context. An unknown reason
 * means that the answer is complete.
 *
 * @throws {RuntimeFailure} `backend-failed` for the reasons that mean a failure
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
        `the model server ended its answer with "${reason}"; ask again, and read its log`,
      );
    // Without calls, the server has lost them.
    case 'tool_calls':
    case 'function_call':
      return 'tool-use';
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

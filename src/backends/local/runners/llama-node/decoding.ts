import { thinkingBudget } from '../../../../prompt/effort.ts';
import { mergeDeltas } from '../../../../output/merge-deltas.ts';
import { Output } from '../../../../output/output.ts';
import { callableTools } from '../../../../prompt/render.ts';
import type { GenerationEvent, StopReason } from '../../../../core/events.ts';
import { newToolCallId } from '../../../../core/ids.ts';
import type { ModelHead } from '../../model/model-metadata.ts';
import { abortReason } from '../../../../core/queue.ts';
import type { PreparedRequest } from './prompter.ts';
import { Steering } from './steering.ts';
import type { Steer, SteeringOptions } from './steering.ts';

/** Goes on behind the prompt and what was written since, by a grammar: token by token, until it ends. */
export type Continue = (
  written: string,
  maxTokens: number,
  steer: Steer,
) => AsyncGenerator<string, { readonly reason: 'end' | 'limit'; readonly tokens: number }>;

const SIGN_OF_LIFE_MILLISECONDS = 5000;

/** Tokens of white space, or of a trigger that is not whole yet, that may follow a demanded call. */
const MOST_TOKENS_AFTER_CALL = 16;

/** An answer, from its text to events. Where another grammar begins to hold, it is continued anew. */
export class Decoding {
  readonly #head: ModelHead;
  readonly #prepared: PreparedRequest;
  readonly #output: Output;
  readonly #steering: Steering;
  readonly #budget: number;
  #written = '';
  readonly #events: GenerationEvent[] = [];
  #whole = false;
  #ended: StopReason = 'end-turn';
  /** Text that was written when the last call ended. */
  #called = { tokens: 0, characters: 0 };
  #lastEvent = performance.now();
  outputTokens = 0;
  thinkingTokens = 0;

  constructor(head: ModelHead, prepared: PreparedRequest, steering: SteeringOptions) {
    const { request, written } = prepared;
    const { thinkingOpen, continuesText } = written.rendered;
    this.#head = head;
    this.#prepared = prepared;
    this.#budget = thinkingBudget(request.thinking, request.effort);
    const decides = request.thinking.mode !== 'disabled' && !thinkingOpen && !continuesText;
    this.#steering = new Steering(steering, request, decides);
    this.#output = new Output({
      format: head.format,
      thinkingOpen,
      continuesText,
      ...(written.forced !== undefined && { forced: written.forced }),
      tools: callableTools(request.conversation, request.toolChoice),
      callsOnly: written.forced !== undefined,
      stopSequences: request.stopSequences,
      newCallId: newToolCallId,
    });
  }

  /** The answer as it was written, where nothing of it was cut off but text at the limit. */
  get answer(): { readonly text: string; readonly events: readonly GenerationEvent[] } | undefined {
    const last = this.#events.findLast(({ type }) => type !== 'progress');
    const whole = this.#output.stopped === null && (this.#whole || last?.type === 'text-delta');
    return whole ? { text: this.#written, events: this.#events } : undefined;
  }

  get stopSequence(): string | null {
    return this.#output.stopped;
  }

  get reason(): StopReason {
    if (this.#output.stopped !== null) return 'stop-sequence';
    if (this.#output.calls === 0) return this.#ended;
    return this.#ended === 'end-turn' || this.#isPastCalls ? 'tool-use' : this.#ended;
  }

  async *run(proceed: Continue, signal: AbortSignal): AsyncGenerator<GenerationEvent> {
    for await (const event of this.#writing(proceed, signal)) {
      this.#events.push(event);
      yield event;
    }
  }

  async *#writing(proceed: Continue, signal: AbortSignal): AsyncGenerator<GenerationEvent> {
    while (yield* this.#proceed(proceed, signal));
    yield* this.#output.end(!this.#whole);
    if (!this.#output.closed) return;
    this.outputTokens = this.#called.tokens;
    this.#written = this.#written.slice(0, this.#called.characters);
  }

  /** Writes on under one grammar; gives whether another one is to follow. */
  async *#proceed(
    proceed: Continue,
    signal: AbortSignal,
  ): AsyncGenerator<GenerationEvent, boolean> {
    const { limit } = this.#prepared;
    const before = this.outputTokens;
    const room = limit.tokens - before;
    if (room <= 0) return this.#limited();
    const key = this.#key;
    const stream = proceed(this.#written, room, await this.#steering.at(key));
    try {
      for (;;) {
        const next = await stream.next();
        if (signal.aborted) throw abortReason(signal);
        if (next.done === true) {
          // A character of several tokens came as one text.
          this.outputTokens = Math.max(this.outputTokens, before + next.value.tokens);
          if (next.value.reason === 'limit') return this.#limited();
          if (this.#owesAnswer) {
            if (this.#output.thinking) yield* this.#closeThinking();
            return true;
          }
          this.#whole = true;
          return false;
        }
        yield* this.#take(next.value, key);
        if (this.#isOver()) return false;
        if (this.#closesThinking()) {
          yield* this.#closeThinking();
          return true;
        }
        if (this.#key !== key) return true;
      }
    } finally {
      await stream.return({ reason: 'end', tokens: 0 });
    }
  }

  /** Of the grammar that the next token has to follow. */
  get #key(): string {
    const { thinking, calling, thought } = this.#output;
    const owes = thinking ? ('thoughts' as const) : ('answer' as const);
    const isOwed = this.#owesAnswer && !(thinking && thought);
    return this.#steering.keyAt({ thinking, calling, owes: isOwed ? owes : undefined });
  }

  /** Models that were only told to think often end their turn with the thoughts. */
  get #owesAnswer(): boolean {
    const { thinkingOpen } = this.#prepared.written.rendered;
    return this.#head.injection.thinking && thinkingOpen && !this.#output.begun;
  }

  #limited(): false {
    this.#ended = this.#prepared.limit.reason;
    return false;
  }

  /** Reads a token's text; what lies behind the place where another grammar begins to hold is dropped. */
  *#take(text: string, key: string): Generator<GenerationEvent> {
    const { thinking, calling } = this.#output;
    const events: GenerationEvent[] = [];
    for (const character of text) {
      events.push(...this.#output.push(character));
      this.#written += character;
      if (this.#key !== key) break;
    }
    this.outputTokens++;
    if ((calling ?? this.#output.calling) !== undefined) {
      this.#called = { tokens: this.outputTokens, characters: this.#written.length };
    }
    if (thinking || this.#output.thinking) this.thinkingTokens++;
    yield* events.length > 0 ? mergeDeltas(events) : this.#signOfLife();
    if (events.length > 0) this.#lastEvent = performance.now();
  }

  /** Text may be held back for long; who watches over the engine has to know that it lives. */
  *#signOfLife(): Generator<GenerationEvent> {
    if (performance.now() - this.#lastEvent < SIGN_OF_LIFE_MILLISECONDS) return;
    this.#lastEvent = performance.now();
    const { tokens } = this.#prepared;
    yield { type: 'progress', phase: 'prefill', done: tokens, total: tokens };
  }

  #closesThinking(): boolean {
    return this.#output.thinking && this.thinkingTokens >= this.#budget;
  }

  /** What closes a thinking that has used its budget up is written for the model. */
  *#closeThinking(): Generator<GenerationEvent> {
    const { thinking, thinkingEnd } = this.#head.format;
    const closing = thinkingEnd ?? `\n${thinking?.close ?? ''}\n\n`;
    this.#written += closing;
    this.outputTokens += this.#head.model.tokenize(closing, true).length;
    yield* mergeDeltas(this.#output.push(closing));
  }

  #isOver(): boolean {
    const { toolChoice } = this.#prepared.request;
    const enough = toolChoice.mode !== 'none' && !toolChoice.parallel;
    const { stopped, closed, calls } = this.#output;
    if (stopped !== null || (enough && calls > 0)) return true;
    const tokensAfterCall = this.outputTokens - this.#called.tokens;
    if (!closed && !(this.#isPastCalls && tokensAfterCall > MOST_TOKENS_AFTER_CALL)) return false;
    this.#whole = true;
    return true;
  }

  /** True if a demanded call was made and no other has begun. */
  get #isPastCalls(): boolean {
    const { calls, calling } = this.#output;
    return this.#prepared.written.forced !== undefined && calls > 0 && calling === undefined;
  }
}

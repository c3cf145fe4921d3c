import type { Token } from 'node-llama-cpp';
import { thinkingBudget } from '../../../../prompt/effort.ts';
import { mergeDeltas } from '../../../../output/merge-deltas.ts';
import { Output } from '../../../../output/output.ts';
import { callableTools } from '../../../../prompt/render.ts';
import type { GenerationEvent, StopReason } from '../../../../core/events.ts';
import { newToolCallId } from '../../../../core/ids.ts';
import type { PreparedRequest } from './prepared.ts';
import { abortReason } from '../../../../core/queue.ts';
import type { TokenStream } from './sampling-options.ts';
import type { Slot } from './slot.ts';
import type { Speaker } from './speaker.ts';
import { Steering } from './steering.ts';
import type { Writing } from './steering.ts';
import { TokenText } from '../../model/vocabulary.ts';

/** Tokens of white space, or of a trigger that is not whole yet, that may follow a demanded call. */
const MOST_TOKENS_AFTER_CALL = 16;

/** What was generated, and what it came to. */
interface Answer {
  readonly tokens: readonly Token[];
  readonly events: readonly GenerationEvent[];
}

/** The tokens of one answer, one after the other, and what they come to. */
export class Decoding {
  readonly #speaker: Speaker;
  readonly #prepared: PreparedRequest;
  readonly #output: Output;
  readonly #steering: Steering;
  readonly #text: TokenText;
  readonly #budget: number;
  #ended: StopReason = 'end-turn';
  #full = false;
  /** Number of tokens when the last call ended. */
  #calledAt = 0;
  readonly #tokens: Token[] = [];
  readonly #events: GenerationEvent[] = [];
  #whole = false;
  #limited = false;
  thinkingTokens = 0;

  constructor(speaker: Speaker, prepared: PreparedRequest) {
    const { request, prompt, tokens, forced } = prepared;
    const { thinkingOpen, continuesText } = prompt;
    this.#speaker = speaker;
    this.#prepared = prepared;
    this.#text = new TokenText(speaker.model, tokens);
    this.#budget = thinkingBudget(request.thinking, request.effort);
    const decides = request.thinking.mode !== 'disabled' && !thinkingOpen && !continuesText;
    this.#steering = new Steering(request, speaker.grammars, decides);
    this.#output = new Output({
      format: speaker.format,
      thinkingOpen,
      continuesText,
      ...(forced !== undefined && { forced }),
      tools: callableTools(request.conversation, request.toolChoice),
      callsOnly: forced !== undefined,
      stopSequences: request.stopSequences,
      newCallId: newToolCallId,
    });
  }

  get outputTokens(): number {
    return this.#tokens.length;
  }

  /** The answer token by token, where nothing of it was cut off but text at the limit. */
  get answer(): Answer | undefined {
    const cutInText = this.#limited && this.#events.at(-1)?.type === 'text-delta';
    const whole = this.#output.stopped === null && (this.#whole || cutInText);
    return whole ? { tokens: this.#tokens, events: this.#events } : undefined;
  }

  get stopSequence(): string | null {
    return this.#output.stopped;
  }

  get reason(): StopReason {
    if (this.#output.stopped !== null) return 'stop-sequence';
    if (this.#output.calls === 0) return this.#ended;
    return this.#ended === 'end-turn' || this.#isPastCalls ? 'tool-use' : this.#ended;
  }

  async *run(slot: Slot, signal: AbortSignal): AsyncGenerator<GenerationEvent> {
    const { request, tokens } = this.#prepared;
    const sampling = { ...request.model.sampling, ...request.sampling };
    let last = tokens.slice(-1);
    while (last.length > 0) {
      await this.#steering.follow(this.#writing);
      const stream = slot.decode(last, sampling, () => this.#steering.active);
      try {
        last = yield* this.#noted(this.#follow(stream, signal));
      } finally {
        await stream.return();
      }
    }
    const rest = [...this.#output.push(this.#text.flush()), ...this.#output.end(!this.#whole)];
    this.#events.push(...rest);
    yield* rest;
    if (this.#output.closed) this.#tokens.length = this.#calledAt;
  }

  async *#noted(
    events: AsyncGenerator<GenerationEvent, Token[]>,
  ): AsyncGenerator<GenerationEvent, Token[]> {
    for (;;) {
      const next = await events.next();
      if (next.done === true) return next.value;
      this.#events.push(next.value);
      yield next.value;
    }
  }

  /** Reads a stream to its end; returns the tokens after which the answer goes on, if it does. */
  async *#follow(
    stream: TokenStream,
    signal: AbortSignal,
  ): AsyncGenerator<GenerationEvent, Token[]> {
    let instead: Token[] | undefined;
    while (!this.#isOver()) {
      const next = await stream.next(instead);
      if (signal.aborted) throw abortReason(signal);
      if (next.done === true || this.#speaker.turnEnds.has(next.value)) {
        if (this.#owesAnswer) return yield* this.#answerThoughts();
        this.#whole = true;
        return [];
      }
      instead = yield* this.#take(next.value);
      await this.#steering.follow(this.#writing);
    }
    return [];
  }

  get #writing(): Writing {
    const { thinking, calling } = this.#output;
    const owes = thinking ? ('thoughts' as const) : ('answer' as const);
    const isOwed = this.#owesAnswer && !(thinking && this.#output.thought);
    return { thinking, calling, owes: isOwed ? owes : undefined };
  }

  /** Models that were only told to think often end their turn with the thoughts. */
  get #owesAnswer(): boolean {
    const { thinkingOpen } = this.#prepared.prompt;
    return this.#speaker.thinksByInjection && thinkingOpen && !this.#output.begun;
  }

  /** Closes thoughts that the turn was to end with; returns the tokens that do so, none if there is no room. */
  *#answerThoughts(): Generator<GenerationEvent, Token[]> {
    const closing = this.#output.thinking ? this.#closeThinking() : [];
    if (closing.length === 0 || !this.#hasRoomFor(closing.length)) {
      this.#whole = closing.length === 0;
      if (!this.#whole) this.#endAtLimit();
      return [];
    }
    yield* this.#output.push(this.#text.flush());
    yield* this.#read(this.#text.push(closing));
    this.#tokens.push(...closing);
    return closing;
  }

  /** Takes a sampled token, and gives those that take its place, if any. */
  *#take(sampled: Token): Generator<GenerationEvent, Token[] | undefined> {
    const { thinking, calling } = this.#output;
    const closing =
      thinking && this.thinkingTokens >= this.#budget ? this.#closeThinking() : undefined;
    // Without room for the closing tag there is none for an answer either.
    if (closing !== undefined && !this.#hasRoomFor(closing.length)) return undefined;
    const taken = closing ?? [sampled];
    const text = this.#text.push(taken);
    const length = yield* this.#read(text);
    // A token may reach beyond a trigger, but the grammar of calls begins right behind it.
    const cut = length < text.length ? this.#retake(text.slice(0, length)) : undefined;
    const kept = cut ?? taken;
    this.#tokens.push(...kept);
    if ((calling ?? this.#output.calling) !== undefined) this.#calledAt = this.#tokens.length;
    // What closes a thinking that has used its budget up is none of it.
    if (closing === undefined && (thinking || this.#output.thinking)) {
      this.thinkingTokens += kept.length;
    }
    return cut ?? closing;
  }

  /** Reads text up to where a call begins, if one begins in it; gives how much was read. */
  *#read(text: string): Generator<GenerationEvent, number> {
    const calling = this.#output.calling;
    const events: GenerationEvent[] = [];
    let length = 0;
    for (const character of text) {
      events.push(...this.#output.push(character));
      length += character.length;
      if (this.#output.calling !== undefined && this.#output.calling !== calling) break;
    }
    yield* mergeDeltas(events);
    return length;
  }

  #retake(text: string): Token[] {
    const tokens = this.#speaker.model.tokenize(text, true);
    this.#text.replace(tokens);
    return tokens;
  }

  #closeThinking(): Token[] {
    const { thinking, thinkingEnd } = this.#speaker.format;
    return this.#speaker.model.tokenize(thinkingEnd ?? `\n${thinking?.close ?? ''}\n\n`, true);
  }

  #hasRoomFor(count: number): boolean {
    this.#full = this.outputTokens + count > this.#prepared.limit.tokens;
    return !this.#full;
  }

  #isOver(): boolean {
    const { request, limit } = this.#prepared;
    const { toolChoice } = request;
    const enough = toolChoice.mode !== 'none' && !toolChoice.parallel;
    const { stopped, closed, calls } = this.#output;
    if (stopped !== null || (enough && calls > 0)) return true;
    if (closed || (this.#isPastCalls && this.#tokensAfterCall > MOST_TOKENS_AFTER_CALL)) {
      this.#whole = true;
      return true;
    }
    if (!this.#full && this.outputTokens < limit.tokens) return false;
    this.#endAtLimit();
    return true;
  }

  #endAtLimit(): void {
    this.#ended = this.#prepared.limit.reason;
    this.#limited = true;
  }

  /** True if a demanded call was made and no other has begun. */
  get #isPastCalls(): boolean {
    const { calls, calling } = this.#output;
    return this.#prepared.forced !== undefined && calls > 0 && calling === undefined;
  }

  get #tokensAfterCall(): number {
    return this.#tokens.length - this.#calledAt;
  }
}

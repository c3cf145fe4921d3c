import type { GenerationEvent, StopReason } from '../../core/events.ts';
import { newToolCallId } from '../../core/ids.ts';
import { abortReason } from '../../core/abort.ts';
import { mergeDeltas } from '../../output/merge-deltas.ts';
import { Output } from '../../output/output.ts';
import { thinkingBudget } from '../../prompt/effort.ts';
import { callableTools } from '../../prompt/render.ts';
import { GrammarSelector } from './grammar-selector.ts';
import type { OutputPlace } from './grammar-selector.ts';
import type { Grammars } from './grammars.ts';
import type { ModelMetadata } from './model/model-metadata.ts';
import type { PreparedRequest } from './prompter.ts';
import type { Completion, GrammarFeatures } from './runner.ts';
import { append } from '../../core/lists.ts';

/** Tokens of white space, or of an incomplete trigger, that may follow a forced call. */
const MOST_TOKENS_AFTER_CALL = 16;
/** Interval of progress events while text is buffered, so that the watch does not end the engine. */
const KEEP_ALIVE_MS = 5000;

/** Readers of a model's output, and the grammars that constrain it. */
export interface AnswerReaders<Grammar> {
  readonly head: Pick<ModelMetadata, 'format' | 'injection'>;
  readonly grammarFeatures: GrammarFeatures;
  readonly grammars: Grammars<Grammar>;
}

/** Decodes one answer: from a completion to events, with its grammars and limits. */
export class AnswerDecoder<P, Grammar> {
  readonly #readers: AnswerReaders<Grammar>;
  readonly #prepared: PreparedRequest<P>;
  readonly #completion: Completion<P, Grammar>;
  readonly #output: Output;
  readonly #selector: GrammarSelector<Grammar>;
  readonly #budget: number;
  readonly #events: GenerationEvent[] = [];
  #ended: StopReason = 'end-turn';
  #complete = false;
  #limited = false;
  /** Number of tokens when the last call ended. */
  #calledAt = 0;
  #lastEvent = performance.now();
  thinkingTokens = 0;

  constructor(
    readers: AnswerReaders<Grammar>,
    prepared: PreparedRequest<P>,
    completion: Completion<P, Grammar>,
  ) {
    const { request, rendered, forced } = prepared;
    const { thinkingOpen, continuesText } = rendered;
    const { format } = readers.head;
    this.#readers = readers;
    this.#prepared = prepared;
    this.#completion = completion;
    this.#budget = thinkingBudget(request.thinking, request.effort);
    const mayThink = request.thinking.mode !== 'disabled' && !thinkingOpen && !continuesText;
    this.#selector = new GrammarSelector({ ...readers, request, format, mayThink });
    this.#output = new Output({
      format,
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
    return this.#completion.tokens;
  }

  /** Events of a complete answer, or of one whose text was cut off at the limit; otherwise undefined. */
  get answer(): readonly GenerationEvent[] | undefined {
    const cutInText = this.#limited && this.#events.at(-1)?.type === 'text-delta';
    const complete = this.#output.stopped === null && (this.#complete || cutInText);
    return complete ? this.#events : undefined;
  }

  get stopSequence(): string | null {
    return this.#output.stopped;
  }

  get reason(): StopReason {
    if (this.#output.stopped !== null) return 'stop-sequence';
    if (this.#output.calls === 0) return this.#ended;
    return this.#ended === 'end-turn' || this.#isPastCalls ? 'tool-use' : this.#ended;
  }

  async *run(signal: AbortSignal): AsyncGenerator<GenerationEvent> {
    try {
      while (yield* this.#step(signal));
    } finally {
      await this.#completion.close();
    }
    yield* this.#noted(this.#output.end(!this.#complete));
    if (this.#output.closed) this.#completion.rewind();
  }

  /** Runs one step. Returns true if another one follows. */
  async *#step(signal: AbortSignal): AsyncGenerator<GenerationEvent, boolean> {
    if (this.#isPastBudget) {
      this.#complete = this.#output.holdsCall && this.#mayCallInThinking;
      return this.#complete ? false : yield* this.#closeThinking();
    }
    const writing = this.#writing;
    if (this.#selector.changesAt(writing)) await this.#selector.select(writing);
    const before = this.outputTokens;
    const jumped = this.#jump();
    if (jumped !== undefined) {
      yield* this.#take(jumped, before);
      return !this.#isOver();
    }
    const step = await this.#completion.next(this.#selector.active);
    if (signal.aborted) throw abortReason(signal);
    if ('end' in step) return yield* this.#endAt(step.end);
    yield* this.#take(step.text, before);
    return !this.#isOver();
  }

  /** Writes the text that the grammar demands. Returns it; undefined if the model has to decode the next token. */
  #jump(): string | undefined {
    if (this.#completion.jump === undefined) return undefined;
    const { forced, active } = this.#selector;
    return forced === '' ? undefined : this.#completion.jump(active, forced);
  }

  *#noted(events: Iterable<GenerationEvent>): Generator<GenerationEvent> {
    for (const event of events) {
      this.#events.push(event);
      this.#lastEvent = performance.now();
      yield event;
    }
  }

  get #writing(): OutputPlace {
    const { thinking, calling } = this.#output;
    const owes = thinking ? ('thoughts' as const) : ('answer' as const);
    const isOwed = this.#owesAnswer && !(thinking && this.#output.thought);
    return { thinking, calling, owes: isOwed ? owes : undefined };
  }

  get #isPastBudget(): boolean {
    const { thinking, calling } = this.#output;
    return thinking && calling === undefined && this.thinkingTokens >= this.#budget;
  }

  get #mayCallInThinking(): boolean {
    return this.#readers.head.format.thinking?.holdsCalls === true;
  }

  /** Models that think by instructions often end their turn after the thinking. */
  get #owesAnswer(): boolean {
    const { thinkingOpen } = this.#prepared.rendered;
    return this.#readers.head.injection.thinking && thinkingOpen && !this.#output.begun;
  }

  /** Handles the end of the model's output. Returns true if the answer continues. */
  *#endAt(end: 'turn' | 'limit'): Generator<GenerationEvent, boolean> {
    if (end === 'limit') return this.#endAtLimit();
    const { thinking, holdsCall } = this.#output;
    if (this.#owesAnswer && thinking && !holdsCall) return yield* this.#closeThinking();
    this.#complete = true;
    return false;
  }

  #endAtLimit(): false {
    this.#ended = this.#prepared.limit.reason;
    this.#limited = true;
    return false;
  }

  /** Closes thinking that has used up its budget, or after which the model ended its turn. */
  *#closeThinking(): Generator<GenerationEvent, boolean> {
    const { thinking, thinkingEnd } = this.#readers.head.format;
    const text = this.#completion.write(thinkingEnd ?? `\n${thinking?.close ?? ''}\n\n`);
    // Without space for the closing tag there is none for an answer either.
    if (text === undefined) return this.#endAtLimit();
    yield* this.#noted(mergeDeltas(this.#output.push(text)));
    return true;
  }

  /** @param before number of tokens before the text */
  *#take(text: string, before: number): Generator<GenerationEvent> {
    const { thinking, calling } = this.#output;
    const events = this.#read(text);
    if ((calling ?? this.#output.calling) !== undefined) {
      this.#calledAt = this.outputTokens;
      this.#completion.mark();
    }
    if (thinking || this.#output.thinking) this.thinkingTokens += this.outputTokens - before;
    yield* events.length > 0 ? this.#noted(mergeDeltas(events)) : this.#keepAlive();
  }

  /**
   * Reads a token's text. It may extend past a trigger, or past the end of thinking. If a grammar begins
   * there, the rest is dropped.
   */
  #read(text: string): readonly GenerationEvent[] {
    const { thinking, calling } = this.#output;
    const events: GenerationEvent[] = [];
    let length = 0;
    for (const character of text) {
      append(events, this.#output.push(character));
      this.#selector.accept(character);
      length += character.length;
      const called = this.#output.calling !== undefined && this.#output.calling !== calling;
      const thought = thinking && !this.#output.thinking;
      if ((called || thought) && this.#selector.changesAt(this.#writing)) break;
    }
    if (length < text.length) this.#completion.cut(text.slice(0, length));
    return events;
  }

  *#keepAlive(): Generator<GenerationEvent> {
    if (performance.now() - this.#lastEvent < KEEP_ALIVE_MS) return;
    this.#lastEvent = performance.now();
    const { tokens } = this.#prepared;
    yield { type: 'progress', phase: 'prefill', done: tokens, total: tokens };
  }

  #isOver(): boolean {
    const { toolChoice } = this.#prepared.request;
    const enough = toolChoice.mode !== 'none' && !toolChoice.parallel;
    const { stopped, closed, calls } = this.#output;
    if (stopped !== null || (enough && calls > 0)) return true;
    const tokensAfterCall = this.outputTokens - this.#calledAt;
    if (!closed && !(this.#isPastCalls && tokensAfterCall > MOST_TOKENS_AFTER_CALL)) return false;
    this.#complete = true;
    return true;
  }

  /** True if a forced call was made and no other one has begun. */
  get #isPastCalls(): boolean {
    const { calls, calling } = this.#output;
    return this.#prepared.forced !== undefined && calls > 0 && calling === undefined;
  }
}

import type { LlamaModel, Token } from 'node-llama-cpp';
import { thinkingBudget } from '../../chat/effort.ts';
import type { ChatFormat } from '../../chat/format.ts';
import { mergeDeltas } from '../../chat/merge-deltas.ts';
import { Output } from '../../chat/output.ts';
import { callableTools } from '../../chat/render.ts';
import type { GenerationEvent, StopReason } from '../../core/events.ts';
import { newToolCallId } from '../../core/ids.ts';
import type { PreparedRequest } from './prepared.ts';
import type { Grammars } from './grammars.ts';
import { abortReason } from '../queue.ts';
import type { TokenStream } from './sampling-options.ts';
import type { Slot } from './slot.ts';
import { Steering } from './steering.ts';
import type { Transcripts } from '../transcripts.ts';
import { TokenText } from '../vocabulary.ts';

/** What a model is and how its output is read. */
export interface Speaker {
  readonly model: LlamaModel;
  readonly format: ChatFormat;
  readonly grammars: Grammars;
  /** Tokens that end the model's turn, beyond those that end its generation anyway. */
  readonly turnEnds: ReadonlySet<Token>;
  readonly transcripts: Transcripts<readonly Token[]>;
}

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
    if (this.#ended === 'end-turn' && this.#output.calls > 0) return 'tool-use';
    return this.#ended;
  }

  async *run(slot: Slot, signal: AbortSignal): AsyncGenerator<GenerationEvent> {
    const { request, tokens } = this.#prepared;
    const last = tokens.at(-1);
    if (last === undefined) return;
    const sampling = { ...request.model.sampling, ...request.sampling };
    await this.#steering.follow(this.#output);
    const stream = slot.decode(last, sampling, () => this.#steering.state);
    try {
      for await (const event of this.#follow(stream, signal)) {
        this.#events.push(event);
        yield event;
      }
      const rest = [...this.#output.push(this.#text.flush()), ...this.#output.end()];
      this.#events.push(...rest);
      yield* rest;
    } finally {
      await stream.return();
    }
  }

  async *#follow(stream: TokenStream, signal: AbortSignal): AsyncGenerator<GenerationEvent> {
    let instead: Token[] | undefined;
    while (!this.#isOver()) {
      const next = await stream.next(instead);
      if (signal.aborted) throw abortReason(signal);
      if (next.done === true || this.#speaker.turnEnds.has(next.value)) {
        this.#whole = true;
        return;
      }
      instead = yield* this.#take(next.value);
      await this.#steering.follow(this.#output);
    }
  }

  /** Takes a sampled token, and gives those that take its place, if any. */
  *#take(sampled: Token): Generator<GenerationEvent, Token[] | undefined> {
    const thinking = this.#output.thinking;
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
    if (this.#output.stopped !== null || (enough && this.#output.calls > 0)) return true;
    if (!this.#full && this.outputTokens < limit.tokens) return false;
    this.#ended = limit.reason;
    this.#limited = true;
    return true;
  }
}

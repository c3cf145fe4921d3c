import { deltas } from '../core/events.ts';
import type { GenerationEvent } from '../core/events.ts';
import { OutputParser } from './output-parser.ts';
import type { OutputShape } from './output-parser.ts';
import type { OutputPiece } from '../formats/shared/reader.ts';
import { createStopMatcher } from '../formats/shared/stops.ts';
import type { StopMatcher } from '../formats/shared/stops.ts';
import { append } from '../core/lists.ts';

export interface OutputOptions extends OutputShape {
  readonly stopSequences: readonly string[];
  /** After the first complete call, the answer may contain only further calls. Anything else ends it. */
  readonly callsOnly?: boolean;
  /** Creates an id for a tool call that is unique in the conversation. */
  readonly newCallId: () => string;
}

/** Converts a model's text to generation events: separates blocks and applies stop sequences. */
export class Output {
  readonly #parser: OutputParser;
  readonly #stops: StopMatcher;
  readonly #newCallId: () => string;
  readonly #callsOnly: boolean;
  #closed = false;
  #begun = false;
  #thought = false;
  #stopped: string | null = null;
  /** Id of the current call. */
  #call: string | undefined;
  #calls = 0;

  constructor(options: OutputOptions) {
    this.#parser = new OutputParser(options);
    this.#stops = createStopMatcher(options.stopSequences);
    this.#newCallId = options.newCallId;
    this.#callsOnly = options.callsOnly === true;
  }

  /** Stop sequence that ended the output, if any. */
  get stopped(): string | null {
    return this.#stopped;
  }

  /** True if the answer ended because a result or, with `callsOnly`, other output followed its calls. */
  get closed(): boolean {
    return this.#closed;
  }

  /** True after the first text or call. Thinking does not count. */
  get begun(): boolean {
    return this.#begun;
  }

  /** True after the first thinking. */
  get thought(): boolean {
    return this.#thought;
  }

  /** Number of complete tool calls. */
  get calls(): number {
    return this.#calls;
  }

  get thinking(): boolean {
    return this.#parser.thinking;
  }

  /** True while a complete call in thinking is held back. It counts if the turn ends without the closing tag. */
  get holdsCall(): boolean {
    return this.#parser.holdsCall;
  }

  /** Trigger of the calls that are being generated. The grammar of calls is active meanwhile. */
  get calling(): string | undefined {
    return this.#parser.calling;
  }

  /** Parses the model's next text. Returns the events that are decided so far. */
  push(text: string): readonly GenerationEvent[] {
    return this.#translate(this.#parser.push(text));
  }

  /**
   * Returns the remaining events after the end of the output.
   *
   * @param cut the output was cut off, for example by a token limit
   */
  end(cut = true): readonly GenerationEvent[] {
    if (this.#stopped !== null || this.#closed) return [];
    const events = this.#translate(this.#parser.end(cut));
    if (this.#closed) return events;
    return this.#stopped === null
      ? [...events, ...deltas('text-delta', this.#stops.flush())]
      : events;
  }

  #translate(pieces: readonly OutputPiece[]): readonly GenerationEvent[] {
    const events: GenerationEvent[] = [];
    for (const piece of pieces) {
      if (this.#stopped !== null || this.#closed) break;
      append(events, this.#translatePiece(piece));
    }
    this.#closed ||= this.#parser.resultBegun;
    return events;
  }

  #translatePiece(piece: OutputPiece): readonly GenerationEvent[] {
    this.#thought ||= piece.type === 'thinking';
    this.#begun ||= piece.type === 'text' ? piece.text.trim() !== '' : piece.type !== 'thinking';
    if (this.#isPastCalls(piece)) {
      this.#closed = piece.type !== 'text' || piece.text.trim() !== '';
      return this.#endCall();
    }
    switch (piece.type) {
      case 'text': {
        const { text, stopped } = this.#stops.push(piece.text);
        this.#stopped = stopped;
        return [...this.#endCall(), ...deltas('text-delta', text)];
      }
      case 'thinking':
        return [...this.#endBlock(), { type: 'thinking-delta', text: piece.text }];
      case 'call-start': {
        const before = this.#endBlock();
        this.#call = this.#newCallId();
        return [...before, { type: 'tool-call-start', id: this.#call, name: piece.name }];
      }
      case 'call-json':
        if (this.#call === undefined || piece.json === '') return [];
        return [{ type: 'tool-call-delta', id: this.#call, json: piece.json }];
      case 'call-end':
        return this.#endCall();
      default:
        return piece satisfies never;
    }
  }

  #isPastCalls({ type }: OutputPiece): boolean {
    const called = this.#calls > 0 || this.#call !== undefined;
    return this.#callsOnly && called && (type === 'text' || type === 'thinking');
  }

  /** Ends the current text or call. */
  #endBlock(): readonly GenerationEvent[] {
    return [...deltas('text-delta', this.#stops.flush()), ...this.#endCall()];
  }

  #endCall(): readonly GenerationEvent[] {
    if (this.#call === undefined) return [];
    const id = this.#call;
    this.#call = undefined;
    this.#calls++;
    return [{ type: 'tool-call-end', id }];
  }
}

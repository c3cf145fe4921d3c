import type { GenerationEvent } from '../core/events.ts';
import { OutputParser } from './output-parser.ts';
import type { OutputShape } from './output-parser.ts';
import type { OutputPiece } from '../formats/shared/reader.ts';
import { createStopMatcher } from '../formats/shared/stops.ts';
import type { StopMatcher } from '../formats/shared/stops.ts';
import { append } from '../core/lists.ts';

export interface OutputOptions extends OutputShape {
  readonly stopSequences: readonly string[];
  /** After its first whole call the answer holds nothing but further calls: anything else ends it. */
  readonly callsOnly?: boolean;
  /** A new id for a tool call, unique in its conversation. */
  readonly newCallId: () => string;
}

/** From a model's text to generation events: blocks told apart, stop sequences cut out. */
export class Output {
  readonly #parser: OutputParser;
  readonly #stops: StopMatcher;
  readonly #newCallId: () => string;
  readonly #callsOnly: boolean;
  #closed = false;
  #begun = false;
  #thought = false;
  #stopped: string | null = null;
  /** The id of the call that is being written. */
  #call: string | undefined;
  #calls = 0;

  constructor(options: OutputOptions) {
    this.#parser = new OutputParser(options);
    this.#stops = createStopMatcher(options.stopSequences);
    this.#newCallId = options.newCallId;
    this.#callsOnly = options.callsOnly === true;
  }

  /** The stop sequence that was met: the output ends there. */
  get stopped(): string | null {
    return this.#stopped;
  }

  /** True if something followed the calls that the answer had to consist of; the answer ends before it. */
  get closed(): boolean {
    return this.#closed;
  }

  /** True if the answer has begun: a text or a call, not only thinking. */
  get begun(): boolean {
    return this.#begun;
  }

  /** True if any thoughts were written. */
  get thought(): boolean {
    return this.#thought;
  }

  /** How many whole tool calls have been made. */
  get calls(): number {
    return this.#calls;
  }

  get thinking(): boolean {
    return this.#parser.thinking;
  }

  /** The trigger whose calls are being written, which is when the grammar of calls holds. */
  get calling(): string | undefined {
    return this.#parser.calling;
  }

  /** Takes the model's next text; gives the events that are decided by now. */
  push(text: string): readonly GenerationEvent[] {
    return this.#translate(this.#parser.push(text));
  }

  /**
   * The rest, once the model has ended.
   *
   * @param cut its output was cut off, for example at a limit
   */
  end(cut = true): readonly GenerationEvent[] {
    if (this.#stopped !== null || this.#closed) return [];
    const events = this.#translate(this.#parser.end(cut));
    if (this.#closed) return events;
    return this.#stopped === null ? [...events, ...textDelta(this.#stops.flush())] : events;
  }

  #translate(pieces: readonly OutputPiece[]): readonly GenerationEvent[] {
    const events: GenerationEvent[] = [];
    for (const piece of pieces) {
      if (this.#stopped !== null || this.#closed) break;
      append(events, this.#translatePiece(piece));
    }
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
        return [...this.#endCall(), ...textDelta(text)];
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

  /** What text or call came before has ended. */
  #endBlock(): readonly GenerationEvent[] {
    return [...textDelta(this.#stops.flush()), ...this.#endCall()];
  }

  #endCall(): readonly GenerationEvent[] {
    if (this.#call === undefined) return [];
    const id = this.#call;
    this.#call = undefined;
    this.#calls++;
    return [{ type: 'tool-call-end', id }];
  }
}

function textDelta(text: string): readonly GenerationEvent[] {
  return text === '' ? [] : [{ type: 'text-delta', text }];
}

import type { GenerationEvent } from '../core/events.ts';
import { OutputParser } from './output-parser.ts';
import type { OutputPiece, OutputShape } from './output-parser.ts';
import { createStopMatcher } from './stops.ts';
import type { StopMatcher } from './stops.ts';

export interface OutputOptions extends OutputShape {
  readonly stopSequences: readonly string[];
  /** A new id for a tool call, unique in its conversation. */
  readonly newCallId: () => string;
}

/** From a model's text to generation events: blocks told apart, stop sequences cut out. */
export class Output {
  readonly #parser: OutputParser;
  readonly #stops: StopMatcher;
  readonly #newCallId: () => string;
  #stopped: string | null = null;
  #called = false;

  constructor(options: OutputOptions) {
    this.#parser = new OutputParser(options);
    this.#stops = createStopMatcher(options.stopSequences);
    this.#newCallId = options.newCallId;
  }

  /** The stop sequence that was met: the output ends there. */
  get stopped(): string | null {
    return this.#stopped;
  }

  /** Whether a whole tool call has been made. */
  get called(): boolean {
    return this.#called;
  }

  get thinking(): boolean {
    return this.#parser.thinking;
  }

  /** Takes the model's next text; gives the events that are decided by now. */
  push(text: string): readonly GenerationEvent[] {
    return this.#translate(this.#parser.push(text));
  }

  /** The rest, once the model has ended. */
  end(): readonly GenerationEvent[] {
    if (this.#stopped !== null) return [];
    const events = this.#translate(this.#parser.end());
    return this.#stopped === null ? [...events, ...textDelta(this.#stops.flush())] : events;
  }

  #translate(pieces: readonly OutputPiece[]): readonly GenerationEvent[] {
    const events: GenerationEvent[] = [];
    for (const piece of pieces) {
      if (this.#stopped !== null) break;
      events.push(...this.#translatePiece(piece));
    }
    return events;
  }

  #translatePiece(piece: OutputPiece): readonly GenerationEvent[] {
    switch (piece.type) {
      case 'text': {
        const { text, stopped } = this.#stops.push(piece.text);
        this.#stopped = stopped;
        return textDelta(text);
      }
      case 'thinking':
        return [...textDelta(this.#stops.flush()), { type: 'thinking-delta', text: piece.text }];
      case 'call':
        return [...textDelta(this.#stops.flush()), ...this.#call(piece)];
      default:
        return piece satisfies never;
    }
  }

  #call(piece: OutputPiece & { readonly type: 'call' }): readonly GenerationEvent[] {
    const id = this.#newCallId();
    const start: GenerationEvent = { type: 'tool-call-start', id, name: piece.name };
    const delta: GenerationEvent = { type: 'tool-call-delta', id, json: piece.json };
    if (!piece.complete) return [start, delta];
    this.#called = true;
    return [start, delta, { type: 'tool-call-end', id }];
  }
}

function textDelta(text: string): readonly GenerationEvent[] {
  return text === '' ? [] : [{ type: 'text-delta', text }];
}

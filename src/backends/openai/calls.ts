import { JsonScan } from '../../formats/shared/json-scan.ts';
import type { GenerationEvent } from '../../core/events.ts';
import { newToolCallId } from '../../core/ids.ts';
import { isRecord } from '../../core/json.ts';
import { parseJson } from '../../core/one-line.ts';
import type { CallDelta } from './protocol.ts';

/** A call that is being put together. */
interface OpenCall {
  /** Ours: not every server gives one, and some give the same one twice. */
  readonly id: string;
  readonly index: number | undefined;
  readonly theirId: string | undefined;
  readonly scan: JsonScan;
  name: string;
  json: string;
  started: boolean;
  /** Its arguments are a whole object; what follows may still belong to them. */
  isWhole: boolean;
  /** Text after that object that was not passed on. */
  tail: string;
  ended: boolean;
}

/**
 * Puts tool calls together from their pieces: by index, or by id where there is none; names whole or
 * in pieces, before or behind the first arguments, several calls at a time.
 */
export class CallReader {
  readonly #parallel: boolean;
  readonly #calls: OpenCall[] = [];

  /** `parallel`: more than one call is wanted; else those behind the first are passed over. */
  constructor(parallel: boolean) {
    this.#parallel = parallel;
  }

  /** How many whole calls there are. */
  get whole(): number {
    return this.#calls.filter(({ ended, name }) => ended && name !== '').length;
  }

  push(delta: CallDelta): readonly GenerationEvent[] {
    const known = this.#find(delta);
    if (known !== undefined) return this.#extendCall(known, delta);
    const ended = this.endWhole();
    return [...ended, ...this.#extendCall(this.#open(delta), delta)];
  }

  /** Ends the calls that are whole, because something else follows them. */
  endWhole(): readonly GenerationEvent[] {
    return this.#calls
      .filter((call) => call.isWhole && !call.ended)
      .flatMap((call) => this.#close(call));
  }

  #extendCall(call: OpenCall, delta: CallDelta): readonly GenerationEvent[] {
    if (call.ended) return [];
    // A server may also repeat the whole name with every piece.
    if (!call.started && delta.name !== call.name) call.name += delta.name;
    if (!call.started) call.json += delta.json;
    return this.#wanted(call) ? this.#report(call, delta.json) : [];
  }

  /**
   * What is left once the answer has ended. A call that was `cut` off stays open: it never appears
   * as a finished one.
   */
  end(cut: boolean): readonly GenerationEvent[] {
    if (cut) return this.endWhole();
    return this.#calls
      .filter((call) => !call.ended && this.#wanted(call))
      .flatMap((call) => this.#close(call));
  }

  #find({ index, id, name, json }: CallDelta): OpenCall | undefined {
    const last = this.#calls.at(-1);
    const isNamed = name !== '' && (name !== last?.name || json.trim() !== '');
    if (index === undefined && id === undefined && last?.isWhole && isNamed) return undefined;
    const call = this.#calls.findLast((known) =>
      index === undefined ? known.theirId === id : known.index === index,
    );
    // Gemini's endpoint gives every call the index 0, and an id of its own.
    const differs = id !== undefined && call?.theirId !== undefined && id !== call.theirId;
    if (call !== undefined && !differs) return call;
    return index === undefined && id === undefined ? last : undefined;
  }

  #open({ index, id }: CallDelta): OpenCall {
    const call: OpenCall = {
      id: newToolCallId(),
      index,
      theirId: id,
      scan: new JsonScan(),
      name: '',
      json: '',
      started: false,
      isWhole: false,
      tail: '',
      ended: false,
    };
    this.#calls.push(call);
    return call;
  }

  #wanted(call: OpenCall): boolean {
    return this.#parallel || call === this.#calls[0];
  }

  /** The name is whole once arguments have begun. */
  #report(call: OpenCall, json: string): readonly GenerationEvent[] {
    if (call.started) return this.#extend(call, json);
    const written = call.json.trimStart();
    if (call.name === '' || written === '' || 'null'.startsWith(written)) return [];
    call.started = true;
    call.json = '';
    const start = { type: 'tool-call-start', id: call.id, name: call.name } as const;
    return [start, ...this.#extend(call, written)];
  }

  /** Passes all on as it came: malformed arguments are repaired for all backends in one place. */
  #extend(call: OpenCall, json: string): readonly GenerationEvent[] {
    if (call.isWhole) return this.#extendWhole(call, json);
    call.json += json;
    const end = call.scan.complete ? 0 : call.scan.advance(json);
    const rest = json.slice(end);
    call.isWhole =
      end > 0 &&
      call.scan.complete &&
      isRecord(parseJson(call.json.slice(0, call.json.length - rest.length)));
    if (!call.isWhole) return deltaOf(call, json);
    return [...deltaOf(call, json.slice(0, end)), ...this.#extendWhole(call, rest)];
  }

  /** White space after the arguments says nothing; anything else may be another reading of them. */
  #extendWhole(call: OpenCall, json: string): readonly GenerationEvent[] {
    call.tail += json;
    if (call.tail.trim() === '') return [];
    const { tail } = call;
    call.tail = '';
    return deltaOf(call, tail);
  }

  #close(call: OpenCall): readonly GenerationEvent[] {
    const { id, name } = call;
    call.ended = true;
    if (call.started) return [{ type: 'tool-call-end', id }];
    if (name === '') return call.json === '' ? [] : [{ type: 'text-delta', text: call.json }];
    return [
      { type: 'tool-call-start', id, name },
      ...deltaOf(call, call.json),
      { type: 'tool-call-end', id },
    ];
  }
}

function deltaOf({ id }: OpenCall, json: string): readonly GenerationEvent[] {
  return json === '' ? [] : [{ type: 'tool-call-delta', id, json }];
}

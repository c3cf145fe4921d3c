import { JsonScan } from '../../formats/shared/json-scan.ts';
import type { GenerationEvent } from '../../core/events.ts';
import { newToolCallId } from '../../core/ids.ts';
import { isRecord, parseJson } from '../../core/json.ts';
import type { CallDelta } from './protocol.ts';

/** Incomplete call. */
interface OpenCall {
  /** Portico's own id, because not every server sends one, and some send the same one twice. */
  readonly id: string;
  readonly index: number | undefined;
  readonly theirId: string | undefined;
  readonly scan: JsonScan;
  name: string;
  json: string;
  started: boolean;
  /** True if its arguments are a complete object; later text may still belong to them. */
  isWhole: boolean;
  /** Text after that object that was not passed on yet. */
  tail: string;
  ended: boolean;
}

/**
 * Assembles tool calls from their deltas: by index, or by id if there is none. A name may come in pieces,
 * before or after the first arguments, and several calls may be interleaved.
 */
export class CallReader {
  readonly #parallel: boolean;
  readonly #calls: OpenCall[] = [];

  /** @param parallel accepts more than one call; otherwise calls after the first are dropped */
  constructor(parallel: boolean) {
    this.#parallel = parallel;
  }

  /** Number of complete calls. */
  get whole(): number {
    return this.#calls.filter(({ ended, name }) => ended && name !== '').length;
  }

  push(delta: CallDelta): readonly GenerationEvent[] {
    const known = this.#find(delta);
    if (known !== undefined) return this.#extendCall(known, delta);
    const ended = this.endWhole();
    return [...ended, ...this.#extendCall(this.#open(delta), delta)];
  }

  /** Ends the complete calls, because other output follows. */
  endWhole(): readonly GenerationEvent[] {
    return this.#calls
      .filter((call) => call.isWhole && !call.ended)
      .flatMap((call) => this.#close(call));
  }

  #extendCall(call: OpenCall, delta: CallDelta): readonly GenerationEvent[] {
    if (call.ended) return [];
    // A server may also repeat the complete name with every piece.
    if (!call.started && delta.name !== call.name) call.name += delta.name;
    if (!call.started) call.json += delta.json;
    return this.#wanted(call) ? this.#report(call, delta.json) : [];
  }

  /**
   * Returns the rest at the end of the answer. A call that was `cut` off stays open, so it never appears as
   * a finished one.
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
    // Gemini's endpoint sends index 0 for every call, with different ids.
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

  /** Reports a call after its arguments have begun, because its name is complete then. */
  #report(call: OpenCall, json: string): readonly GenerationEvent[] {
    if (call.started) return this.#extend(call, json);
    const written = call.json.trimStart();
    if (call.name === '' || written === '' || 'null'.startsWith(written)) return [];
    call.started = true;
    call.json = '';
    const start = { type: 'tool-call-start', id: call.id, name: call.name } as const;
    return [start, ...this.#extend(call, written)];
  }

  /** Passes arguments on unchanged. The pipeline repairs malformed ones for all backends. */
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

  /** Drops white space after the arguments. Other text may change their reading. */
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

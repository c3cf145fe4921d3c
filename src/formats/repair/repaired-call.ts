import type { GenerationEvent } from '../../core/events.ts';
import type { CallableTool } from '../format.ts';
import { argumentFault } from './argument-fault.ts';
import { repairArguments } from './arguments.ts';
import { isClosing, isEmptyInput } from './closing.ts';
import { JsonPrefix } from './json-prefix.ts';

/** The tool that a call means: by its name, or by the name in another case if only one tool has it. */
export function toolNamed<Tool extends CallableTool>(
  name: string,
  tools: readonly Tool[],
): Tool | undefined {
  const exact = tools.find((tool) => tool.name === name);
  if (exact !== undefined) return exact;
  const alike = tools.filter((tool) => tool.name.toLowerCase() === name.toLowerCase());
  return alike.length === 1 ? alike[0] : undefined;
}

export interface RepairOptions {
  /** Nothing of the call is sent before its end. */
  readonly held?: boolean;
  /** A call of any other tool than the offered ones is broken. */
  readonly demanded?: boolean;
}

/** A call whose arguments are streamed as long as they are correct, and repaired at the end. */
export class RepairedCall {
  readonly #id: string;
  readonly #tool: CallableTool;
  readonly #prefix: JsonPrefix;
  readonly #held: boolean;
  /** The call is of a tool that no call may be of. */
  readonly #unwanted: boolean;
  #sent = '';
  #fault = 'its arguments are no JSON object';

  constructor(
    id: string,
    name: string,
    tools: readonly CallableTool[],
    { held = false, demanded = false }: RepairOptions = {},
  ) {
    const tool = toolNamed(name, tools);
    this.#id = id;
    this.#tool = tool ?? { name, inputSchema: {} };
    this.#unwanted = demanded && tool === undefined;
    if (this.#unwanted) this.#fault = `${name} is not the tool to call`;
    this.#held = held || this.#unwanted;
    this.#prefix = new JsonPrefix(this.#tool.inputSchema);
  }

  /** True if a part of the call was sent. */
  get started(): boolean {
    return this.#sent !== '';
  }

  /** The call as text, for an answer that can't contain it as a call. */
  get text(): string {
    const call = `{"name": ${JSON.stringify(this.#tool.name)}, "arguments": ${this.#prefix.text || '{}'}}`;
    return `<tool_call>\n${call}\n</tool_call>`;
  }

  get name(): string {
    return this.#tool.name;
  }

  /** True if the tool must not be called. */
  get unwanted(): boolean {
    return this.#unwanted;
  }

  /** Fault of a call that could not be ended, in words for the model. */
  get fault(): string {
    return this.#fault;
  }

  /** Takes the next piece of the arguments; returns what may be sent of the call. */
  push(json: string): readonly GenerationEvent[] {
    // White space before the arguments would not agree with repaired ones.
    const text = this.#prefix.text === '' ? json.trimStart() : json;
    const released = this.#prefix.push(text);
    const waits = this.#prefix.complete && !this.started && isEmptyInput(released);
    return this.#held || waits ? [] : this.#send(released);
  }

  /**
   * Ends the call; undefined if its arguments have no reading that agrees with what was sent, or if the
   * tool does not take what they were repaired to.
   */
  end(): readonly GenerationEvent[] | undefined {
    if (this.#unwanted) return undefined;
    const { complete, released, text } = this.#prefix;
    const isWhole = complete && isClosing(text.slice(released.length));
    const json = isWhole ? released : this.#repaired();
    return json?.startsWith(this.#sent) === true ? this.#endWith(json) : undefined;
  }

  /** Returns what is correct of a call that the answer's limit cut off, if it was held until now. */
  cut(): readonly GenerationEvent[] {
    return this.#send(this.#prefix.released.slice(this.#sent.length));
  }

  #repaired(): string | undefined {
    const json = repairArguments(this.#prefix.text, this.#tool);
    if (json === undefined) return undefined;
    // A client takes null for any argument in correct JSON too.
    const fault = argumentFault(JSON.parse(json), this.#tool, { allowsNull: true });
    this.#fault = fault ?? this.#fault;
    return fault === undefined ? json : undefined;
  }

  #endWith(json: string): readonly GenerationEvent[] {
    return [...this.#send(json.slice(this.#sent.length)), { type: 'tool-call-end', id: this.#id }];
  }

  #send(json: string): readonly GenerationEvent[] {
    if (json === '') return [];
    const delta = { type: 'tool-call-delta', id: this.#id, json } as const;
    const start = { type: 'tool-call-start', id: this.#id, name: this.#tool.name } as const;
    const first = !this.started;
    this.#sent += json;
    return first ? [start, delta] : [delta];
  }
}

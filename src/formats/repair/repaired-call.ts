import type { GenerationEvent } from '../../core/events.ts';
import type { CallableTool } from '../format.ts';
import { argumentFault } from './argument-fault.ts';
import { repairArguments } from './arguments.ts';
import { isClosing, isEmptyInput } from './closing.ts';
import { JsonPrefix } from './json-prefix.ts';

/** Tool of a name; a name that differs only in case suffices if it is unambiguous. */
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
  /** Sends no part of the call before its end. */
  readonly held?: boolean;
  /** Treats a call of a tool that is not offered as broken. */
  readonly demanded?: boolean;
}

/** Call whose arguments are streamed while they are correct, and repaired at the end. */
export class RepairedCall {
  readonly #id: string;
  readonly #tool: CallableTool;
  readonly #prefix: JsonPrefix;
  readonly #held: boolean;
  /** The tool must not be called. */
  readonly #unwanted: boolean;
  #sent = '';
  #fault = 'its arguments are not a JSON object';

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

  /** Text form of the call, for an answer that can't contain it as a call. */
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

  /** Fault of a call that could not be ended, worded for the model. */
  get fault(): string {
    return this.#fault;
  }

  /** Checks the next text of the arguments. Returns the events that may be sent. */
  push(json: string): readonly GenerationEvent[] {
    // Repaired arguments have no white space before them, so that sent text could not match them.
    const text = this.#prefix.text === '' ? json.trimStart() : json;
    const released = this.#prefix.push(text);
    const waits = this.#prefix.complete && !this.started && isEmptyInput(released);
    return this.#held || waits ? [] : this.#send(released);
  }

  /**
   * Ends the call; undefined if its arguments can't be repaired to text that continues the sent events, or if
   * the tool does not accept the repaired arguments.
   */
  end(): readonly GenerationEvent[] | undefined {
    if (this.#unwanted) return undefined;
    const { complete, released, text } = this.#prefix;
    const isWhole = complete && isClosing(text.slice(released.length));
    const json = isWhole ? released : this.#repaired();
    return json?.startsWith(this.#sent) === true ? this.#endWith(json) : undefined;
  }

  /** Returns the correct part of a held call that the answer's limit cut off. */
  cut(): readonly GenerationEvent[] {
    return this.#send(this.#prefix.released.slice(this.#sent.length));
  }

  #repaired(): string | undefined {
    const json = repairArguments(this.#prefix.text, this.#tool);
    if (json === undefined) return undefined;
    // Null passes for any argument, as it does in correct JSON, which is not checked.
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

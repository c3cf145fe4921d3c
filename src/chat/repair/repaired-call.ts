import type { GenerationEvent } from '../../core/events.ts';
import type { CallableTool } from '../format.ts';
import { repairArguments } from './arguments.ts';
import { JsonPrefix } from './json-prefix.ts';

/** The tool that a call means: by its name, or by the name in another case if only one tool has it. */
export function toolNamed(name: string, tools: readonly CallableTool[]): CallableTool | undefined {
  const exact = tools.find((tool) => tool.name === name);
  if (exact !== undefined) return exact;
  const alike = tools.filter((tool) => tool.name.toLowerCase() === name.toLowerCase());
  return alike.length === 1 ? alike[0] : undefined;
}

/** A call whose arguments are streamed as long as they are correct, and repaired at the end. */
export class RepairedCall {
  readonly #id: string;
  readonly #tool: CallableTool;
  readonly #prefix: JsonPrefix;
  #sent = '';

  constructor(id: string, name: string, tools: readonly CallableTool[]) {
    this.#id = id;
    this.#tool = toolNamed(name, tools) ?? { name, inputSchema: {} };
    this.#prefix = new JsonPrefix(this.#tool.inputSchema);
  }

  /** True if a part of the call was sent. */
  get started(): boolean {
    return this.#sent !== '';
  }

  /** The call as text, for an answer that can't contain it as a call. */
  get text(): string {
    const call = `{"name": ${JSON.stringify(this.#tool.name)}, "arguments": ${this.#prefix.text}}`;
    return `<tool_call>\n${call}\n</tool_call>`;
  }

  get name(): string {
    return this.#tool.name;
  }

  /** Takes the next piece of the arguments; returns what may be sent of the call. */
  push(json: string): readonly GenerationEvent[] {
    // White space before the arguments would not agree with repaired ones.
    const text = this.#prefix.text === '' ? json.trimStart() : json;
    return this.#send(this.#prefix.push(text));
  }

  /** Ends the call; undefined if its arguments have no reading that agrees with what was sent. */
  end(): readonly GenerationEvent[] | undefined {
    const end = { type: 'tool-call-end', id: this.#id } as const;
    if (this.#prefix.complete) return [end];
    const repaired = repairArguments(this.#prefix.text, this.#tool);
    const written = repaired?.startsWith(this.#sent) === true ? repaired : undefined;
    return written === undefined
      ? undefined
      : [...this.#send(written.slice(this.#sent.length)), end];
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

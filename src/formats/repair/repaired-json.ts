import type { CallableTool } from '../format.ts';
import { argumentFault } from './argument-fault.ts';
import { repairArguments } from './arguments.ts';
import { isClosing } from './closing.ts';
import { JsonPrefix } from './json-prefix.ts';

/** A JSON object that is released while it arrives as long as it is correct, and repaired at the end. */
export class RepairedJson {
  readonly #tool: CallableTool;
  readonly #prefix: JsonPrefix;
  #released = '';

  /** @param tool its input schema is that of the object */
  constructor(tool: CallableTool) {
    this.#tool = tool;
    this.#prefix = new JsonPrefix(tool.inputSchema);
  }

  /** All of the text so far. */
  get text(): string {
    return this.#prefix.text;
  }

  /** The part of the text that was released. */
  get released(): string {
    return this.#released;
  }

  /** Takes the next text; returns what may be sent by now. */
  push(text: string): string {
    // White space before the object would not agree with a repaired one.
    return this.#release(this.#prefix.push(this.text === '' ? text.trimStart() : text));
  }

  /** Returns the rest of the object; undefined if no valid reading of it agrees with what was released. */
  end(): string | undefined {
    // Words after the object are not part of it; another object may be what was meant.
    const rest = this.#prefix.complete ? this.text.slice(this.#released.length) : undefined;
    if (rest !== undefined && (isClosing(rest) || !rest.trimStart().startsWith('{'))) return '';
    const repaired = repairArguments(this.text, this.#tool);
    if (repaired?.startsWith(this.#released) !== true) return undefined;
    // A repair may be a guess, such as a string for a bare word, so it counts only if it is valid.
    if (argumentFault(JSON.parse(repaired), this.#tool) !== undefined) return undefined;
    return this.#release(repaired.slice(this.#released.length));
  }

  #release(text: string): string {
    this.#released += text;
    return text;
  }
}

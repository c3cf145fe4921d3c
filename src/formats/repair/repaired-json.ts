import type { CallableTool } from '../format.ts';
import { argumentFault } from './argument-fault.ts';
import { repairArguments } from './arguments.ts';
import { isClosing } from './closing.ts';
import { JsonPrefix } from './json-prefix.ts';

/** JSON object that is released while it is correct, and repaired at the end. */
export class RepairedJson {
  readonly #tool: CallableTool;
  readonly #prefix: JsonPrefix;
  #released = '';

  /** @param tool tool whose input schema is that of the object */
  constructor(tool: CallableTool) {
    this.#tool = tool;
    this.#prefix = new JsonPrefix(tool.inputSchema);
  }

  /** Complete text so far. */
  get text(): string {
    return this.#prefix.text;
  }

  /** Released part of the text. */
  get released(): string {
    return this.#released;
  }

  /** Checks the next text. Returns the newly released text. */
  push(text: string): string {
    // A repaired object has no white space before it, so that released text could not match it.
    return this.#release(this.#prefix.push(this.text === '' ? text.trimStart() : text));
  }

  /** Returns the rest of the object; undefined if no valid repair continues the released text. */
  end(): string | undefined {
    // Words after the object are dropped. Another object may be the real one.
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

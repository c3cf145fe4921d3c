import type { ToolUse } from './clear-tool-uses.ts';

/** Most conversations whose last edit is remembered. */
const MOST_POINTS = 1000;

/**
 * Tool uses up to which conversations were cleared. Later requests of a conversation are cleared up to the same
 * use until they exceed the trigger again, so that their prompts keep a common prefix.
 */
export class StablePoints {
  /** Ids of tool uses, the least recently used first. */
  readonly #ids = new Set<string>();

  /** Number of the uses up to the newest remembered one. */
  countOf(uses: readonly ToolUse[]): number {
    return uses.findLastIndex(({ id }) => this.#ids.has(id)) + 1;
  }

  /** Remembers the last of the uses. */
  add(uses: readonly ToolUse[]): void {
    const id = uses.at(-1)?.id;
    if (id === undefined) return;
    this.#ids.delete(id);
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > MOST_POINTS && oldest !== undefined) this.#ids.delete(oldest);
  }
}

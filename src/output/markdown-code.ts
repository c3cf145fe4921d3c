import { TextBuilder } from '../core/text-builder.ts';

/** Code fence or inline code that is still open. */
export interface OpenCode {
  /** Backticks or tildes that open and close it. */
  readonly marker: string;
  readonly isFence: boolean;
  /** The text before it is only white space. */
  readonly isFirst: boolean;
}

/** Beginning of a line of an indented code block. */
const INDENTED = /^ *\t| {4}/;

/** Tracks code fences and inline code in streamed Markdown text. */
export class MarkdownCode {
  #fence: OpenCode | undefined;
  #line = new TextBuilder();
  #isBlank = true;
  #hasLines = false;
  #isFenceEmpty = true;
  /** Tags outside of code on earlier lines, by tag. */
  readonly #counts: Map<string, number>;

  /** @param tags tags to count */
  constructor(tags: readonly string[] = []) {
    this.#counts = new Map(tags.map((tag) => [tag, 0]));
  }

  push(text: string): void {
    for (const part of text.split(/(?<=\n)/)) {
      this.#line.append(part);
      this.#isBlank &&= part.trim() === '';
      if (part.endsWith('\n')) this.#endLine();
    }
  }

  /** Code that is open at the end of the text so far; inline code only on its own line. */
  get open(): OpenCode | undefined {
    if (this.#fence !== undefined) return this.#fence;
    let open: RegExpExecArray | undefined;
    const { line } = this;
    for (const run of line.matchAll(/`+/g)) {
      if (open === undefined) open = run;
      else if (open[0] === run[0]) open = undefined;
    }
    if (open === undefined) return undefined;
    const isFirst = !this.#hasLines && line.slice(0, open.index).trim() === '';
    return { marker: open[0], isFence: false, isFirst };
  }

  /** Marker of the open fence, if any. */
  get fence(): string | undefined {
    return this.#fence?.marker;
  }

  /** True if only white space follows the marker of the open fence. */
  get isFenceEmpty(): boolean {
    return this.#isFenceEmpty && this.#isBlank;
  }

  /** True if the current line contains only white space so far, less than an indented code block has. */
  get isLineStart(): boolean {
    return this.#isBlank && !INDENTED.test(this.line);
  }

  /** Current line so far. */
  get line(): string {
    return this.#line.toString();
  }

  /** Number of times that the text outside of code has a tag so far. */
  count(tag: string): number {
    const earlier = this.#counts.get(tag) ?? 0;
    return this.#fence === undefined ? earlier + countIn(outsideCode(this.line), tag) : earlier;
  }

  #endLine(): void {
    const marker = /^[\s>]*(`{3,}|~{3,})[^`]*$/.exec(this.line)?.[1];
    if (this.#fence === undefined) {
      for (const tag of this.#counts.keys()) this.#counts.set(tag, this.count(tag));
      if (marker !== undefined) this.#fence = { marker, isFence: true, isFirst: !this.#hasLines };
      this.#isFenceEmpty = true;
    } else if (marker?.startsWith(this.#fence.marker) === true) this.#fence = undefined;
    else this.#isFenceEmpty &&= this.#isBlank;
    this.#hasLines ||= !this.#isBlank;
    this.#line = new TextBuilder();
    this.#isBlank = true;
  }
}

/** Text of a line without its inline code. */
function outsideCode(line: string): string {
  let text = '';
  let from = 0;
  let open: RegExpExecArray | undefined;
  for (const run of line.matchAll(/`+/g)) {
    if (open === undefined) {
      text += line.slice(from, run.index);
      from = run.index;
      open = run;
    } else if (open[0] === run[0]) {
      from = run.index + run[0].length;
      open = undefined;
    }
  }
  return text + line.slice(from);
}

function countIn(text: string, tag: string): number {
  return text.split(tag).length - 1;
}

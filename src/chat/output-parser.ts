import type { ChatFormat, ThinkingTags, ToolSyntax } from './format.ts';
import { undecided } from './stops.ts';

/** A piece of a model's output, told apart. */
export type OutputPiece =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly text: string }
  | {
      readonly type: 'call';
      readonly name: string;
      readonly json: string;
      readonly complete: boolean;
    };

export interface OutputShape {
  readonly format: ChatFormat;
  /** The prompt itself ended in the opening tag. */
  readonly thinkingOpen: boolean;
  /** The output goes on with text that the prompt began, so no block can open at its start. */
  readonly continuesText: boolean;
  /** The names that may be called; a call of anything else is text. */
  readonly toolNames: ReadonlySet<string>;
}

/**
 * `start`: before the output's first word; `boundary`: between blocks, where white space means
 * nothing; both may open thinking, which tags in the midst of a text may not.
 */
type Mode = 'start' | 'boundary' | 'text' | 'thinking' | 'call';

/** Tells text, thinking and tool calls apart in a model's output, however it is cut into pieces. */
export class OutputParser {
  readonly #shape: OutputShape;
  readonly #tags: ThinkingTags | undefined;
  readonly #syntax: ToolSyntax | undefined;
  #mode: Mode;
  /** A thinking block has just opened: white space at its start is layout. */
  #fresh: boolean;
  #pending = '';

  constructor(shape: OutputShape) {
    this.#shape = shape;
    this.#tags = shape.format.thinking;
    this.#syntax = shape.toolNames.size > 0 ? shape.format.tools : undefined;
    this.#mode = firstMode(shape);
    this.#fresh = shape.thinkingOpen;
  }

  /** Whether the model is inside its thinking tags. */
  get thinking(): boolean {
    return this.#mode === 'thinking';
  }

  /** Takes the next text of the model; gives what it means, as far as that is decided. */
  push(text: string): readonly OutputPiece[] {
    this.#pending += text;
    const out: OutputPiece[] = [];
    while (this.#step(out));
    return out;
  }

  /** What was still held back when the output ended. */
  end(): readonly OutputPiece[] {
    const rest = this.#pending;
    const out: OutputPiece[] = [];
    this.#pending = '';
    if (this.#mode === 'call') out.push(this.#asCall(rest) ?? this.#asCutCall(rest));
    else if (this.#mode === 'thinking') add(out, 'thinking', rest.trimEnd());
    else if (this.#mode !== 'boundary') add(out, 'text', rest);
    else if (rest.trim() !== '') add(out, 'text', rest.trimStart());
    return out;
  }

  /** One step of the machine: true where another may follow. */
  #step(out: OutputPiece[]): boolean {
    switch (this.#mode) {
      case 'start':
      case 'boundary':
        return this.#open();
      case 'thinking':
        return this.#readUntil(out, 'thinking', this.#tags?.close, 'boundary');
      case 'text':
        return this.#readUntil(out, 'text', this.#syntax?.open, 'call');
      case 'call':
        return this.#readCall(out);
      default:
        return this.#mode satisfies never;
    }
  }

  #open(): boolean {
    const word = this.#pending.trimStart();
    if (word === '') return false;
    const tag = this.#tags?.open;
    if (tag !== undefined && word.startsWith(tag)) {
      this.#pending = word.slice(tag.length);
      this.#fresh = true;
      this.#mode = 'thinking';
      return true;
    }
    if (tag?.startsWith(word) === true) return false;
    if (this.#mode === 'boundary') this.#pending = word;
    this.#mode = 'text';
    return true;
  }

  #readUntil(
    out: OutputPiece[],
    type: 'text' | 'thinking',
    tag: string | undefined,
    next: Mode,
  ): boolean {
    if (this.#fresh) {
      this.#pending = this.#pending.trimStart();
      if (this.#pending === '') return false;
      this.#fresh = false;
    }
    const at = tag === undefined ? -1 : this.#pending.indexOf(tag);
    if (tag !== undefined && at !== -1) {
      add(out, type, this.#pending.slice(0, at).trimEnd());
      this.#pending = this.#pending.slice(at + tag.length);
      this.#mode = next;
      return true;
    }
    const decided = this.#pending.length - (tag === undefined ? 0 : heldBack(this.#pending, tag));
    add(out, type, this.#pending.slice(0, decided));
    this.#pending = this.#pending.slice(decided);
    return false;
  }

  #readCall(out: OutputPiece[]): boolean {
    const close = this.#syntax?.close ?? '';
    const at = this.#pending.indexOf(close);
    if (at === -1) return false;
    const body = this.#pending.slice(0, at);
    out.push(this.#asCall(body) ?? this.#asText(body + close));
    this.#pending = this.#pending.slice(at + close.length);
    this.#mode = 'boundary';
    return true;
  }

  #asCall(body: string): OutputPiece | undefined {
    const call = this.#syntax?.parse(body);
    if (call === undefined || !this.#shape.toolNames.has(call.name)) return undefined;
    return { type: 'call', name: call.name, json: JSON.stringify(call.input), complete: true };
  }

  /** A call that the end of the output cut off, as far as its name and its arguments are there. */
  #asCutCall(body: string): OutputPiece {
    const head = /^\s*\{\s*"name"\s*:\s*"([^"\\]+)"\s*(?:,\s*"arguments"\s*:\s*([^]*))?/.exec(body);
    const name = head?.[1];
    if (name === undefined || !this.#shape.toolNames.has(name)) return this.#asText(body);
    return { type: 'call', name, json: head?.[2] ?? '', complete: false };
  }

  /** What looked like a call and is none: nothing of it is lost. */
  #asText(rest: string): OutputPiece {
    return { type: 'text', text: `${this.#syntax?.open ?? ''}${rest}` };
  }
}

function firstMode({ thinkingOpen, continuesText }: OutputShape): Mode {
  if (thinkingOpen) return 'thinking';
  return continuesText ? 'text' : 'start';
}

function add(out: OutputPiece[], type: 'text' | 'thinking', text: string): void {
  if (text !== '') out.push({ type, text });
}

/** White space before a tag belongs to the tag, so both are held back while they may be one. */
function heldBack(text: string, tag: string): number {
  const begun = undecided(text, [tag]);
  const before = text.slice(0, text.length - begun);
  return begun + before.length - before.trimEnd().length;
}

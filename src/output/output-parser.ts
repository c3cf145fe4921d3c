import type {
  CallableTool,
  ChatFormat,
  OutputContext,
  OutputState,
  ThinkingTags,
} from '../formats/format.ts';
import { TextSet } from '../formats/shared/marks.ts';
import { Source } from '../formats/shared/reader.ts';
import type { OutputPiece, Reading } from '../formats/shared/reader.ts';

export interface OutputShape {
  readonly format: ChatFormat;
  /** The prompt ends inside the thinking tags. */
  readonly thinkingOpen: boolean;
  /** The output continues text of the prompt, so no block can open at its start. */
  readonly continuesText: boolean;
  /** Callable tools. A call of any other tool is text. */
  readonly tools: readonly CallableTool[];
  /** Trigger that was appended to the prompt to force a call. */
  readonly forced?: string;
}

/** Separates text, thinking and tool calls in a model's output, regardless of the chunks it arrives in. */
export class OutputParser {
  readonly #source = new Source();
  readonly #state: OutputState = { thinking: false, calling: undefined };
  readonly #reading: Reading;

  constructor(shape: OutputShape) {
    const { format, thinkingOpen, continuesText, tools, forced } = shape;
    const context = { thinkingOpen, continuesText, tools, forced, state: this.#state };
    this.#reading =
      format.readOutput?.(this.#source, context) ?? readTagged(this.#source, format, context);
    this.#state.thinking = thinkingOpen;
    this.#state.calling = forced;
  }

  /** True while the model is thinking. */
  get thinking(): boolean {
    return this.#state.thinking;
  }

  /** Trigger of the calls that the model is generating; undefined outside of calls. */
  get calling(): string | undefined {
    return this.#state.calling;
  }

  /** Parses the next text of the model. Returns the pieces that are decided so far. */
  push(text: string): readonly OutputPiece[] {
    this.#source.feed(text);
    return this.#read();
  }

  /**
   * Parses the text that was held back until the end of the output.
   *
   * @param cut the output was cut off, so that the beginning of a call is dropped instead of being text
   */
  end(cut = true): readonly OutputPiece[] {
    this.#source.end(cut);
    return this.#read();
  }

  #read(): readonly OutputPiece[] {
    const pieces: OutputPiece[] = [];
    for (;;) {
      const step = this.#reading.next();
      if (step.done === true || step.value === undefined) return pieces;
      pieces.push(step.value);
    }
  }
}

const textPiece = (text: string): OutputPiece => ({ type: 'text', text });
const thinkingPiece = (text: string): OutputPiece => ({ type: 'thinking', text });

/** Position in the output. A block can open at the start, where white space is text, or between blocks. */
type Boundary = 'start' | 'between' | 'none';

/** Reads text with thinking tags and calls in it, the output form of nearly all families. */
function* readTagged(source: Source, format: ChatFormat, context: OutputContext): Reading {
  const { thinking, answer } = format;
  const syntax = context.tools.length > 0 ? format.tools : undefined;
  const triggers = syntax?.triggers ?? [];
  const opening = openingsOf(format, context.tools);
  const inAnswer = answer?.open === '' || (answer?.always === true && context.continuesText);
  let closing = inAnswer ? [answer.close] : [];
  let boundary: Boundary = context.continuesText ? 'none' : 'start';
  let thought = context.thinkingOpen;
  if (context.forced !== undefined)
    boundary = yield* readCalls(source, format, context, context.forced);
  else if (context.thinkingOpen) boundary = yield* readThinking(source, format, context);
  for (;;) {
    const tag = boundary === 'none' ? undefined : yield* readTag(source, boundary, opening);
    if (tag !== undefined && tag === thinking?.open) {
      thought = true;
      boundary = yield* readThinking(source, format, context);
    } else if (tag !== undefined && tag === answer?.open) {
      closing = [answer.close];
      boundary = 'none';
    } else if (tag !== undefined) {
      boundary = yield* readCalls(source, format, context, tag);
    } else {
      const later = thought && thinking !== undefined ? laterTags(thinking) : [];
      const marks = [...triggers, ...closing, ...later];
      const space = marks.length === 0 ? 'keep' : 'trim';
      const found = yield* source.streamUntil(marks, textPiece, space);
      if (found === undefined) return;
      if (found.mark === answer?.close) boundary = 'between';
      else if (thinking !== undefined && later.includes(found.mark))
        boundary = yield* readLater(source, thinking, found);
      else boundary = yield* readCalls(source, format, context, found.mark, found.space);
    }
  }
}

/** Texts that open a block at a boundary. Cached per list of tools, which may contain thousands. */
const openings = new WeakMap<readonly CallableTool[], Map<ChatFormat, TextSet>>();

function openingsOf(format: ChatFormat, tools: readonly CallableTool[]): TextSet {
  const ofTools = openings.get(tools) ?? new Map<ChatFormat, TextSet>();
  openings.set(tools, ofTools);
  const known = ofTools.get(format);
  if (known !== undefined) return known;
  const { thinking, answer, tools: syntax } = format;
  const calls =
    tools.length === 0
      ? []
      : [syntax?.triggers ?? [], syntax?.triggersAtStart?.(tools) ?? []].flat();
  const set = new TextSet([thinking?.open, answer?.open, ...calls].filter(isTag));
  ofTools.set(format, set);
  return set;
}

function isTag(tag: string | undefined): tag is string {
  return tag !== undefined && tag !== '';
}

/** Reads a tag that opens a block, and the white space before it. */
function* readTag(source: Source, boundary: Boundary, tags: TextSet): Reading<string | undefined> {
  const place = source.place;
  yield* source.skipSpace();
  const tag = yield* source.takeOf(tags);
  if (tag === undefined && boundary === 'start') source.rewind(place);
  return tag;
}

function* readThinking(
  source: Source,
  format: ChatFormat,
  context: OutputContext,
): Reading<Boundary> {
  const { thinking, tools } = format;
  const close = thinking?.close ?? '';
  const calls = thinking?.endsAtCalls === true && context.tools.length > 0 ? tools?.triggers : [];
  context.state.thinking = true;
  yield* source.skipSpace();
  const found = yield* source.streamUntil([close, ...(calls ?? [])], thinkingPiece, 'trim');
  context.state.thinking = false;
  if (found === undefined || found.mark === close) return 'between';
  return yield* readCalls(source, format, context, found.mark, found.space);
}

/** Tags with a meaning in the text after the thinking. */
function laterTags({ open, close, later }: ThinkingTags): readonly string[] {
  if (later === undefined) return [];
  return later === 'dropped' ? [open, close] : [open];
}

/** Reads a later block of thinking in the text. A tag without its counterpart is text, or dropped. */
function* readLater(
  source: Source,
  { open, close, later }: ThinkingTags,
  { mark, space }: { readonly mark: string; readonly space: string },
): Reading<Boundary> {
  const block = mark === open ? yield* source.readUntil(close) : undefined;
  if (block !== undefined) {
    const thoughts = block.text.trim();
    if (thoughts !== '') yield thinkingPiece(thoughts);
    return 'between';
  }
  const text = later === 'dropped' ? space : space + mark;
  if (text !== '') yield textPiece(text);
  return 'none';
}

/** Reads the calls after a trigger. If there are none, the trigger is text. */
function* readCalls(
  source: Source,
  format: ChatFormat,
  { tools, state }: OutputContext,
  trigger: string,
  space = '',
): Reading<Boundary> {
  const place = source.place;
  state.calling = trigger;
  const { read, begun } = yield* watchStart(format.tools?.read(source, tools, trigger) ?? noCall());
  state.calling = undefined;
  // The rest of a cut-off call (before its name, or in its closing tag) is neither a call nor text.
  const lost = source.starved && (source.cut || read || begun);
  if (lost) source.skip(source.rest.length);
  if (read || lost) return 'between';
  source.rewind(place);
  yield textPiece(space + trigger);
  return 'none';
}

/** Yields all pieces of a reading, and records if a call began. */
function* watchStart(
  reading: Reading<boolean>,
): Reading<{ readonly read: boolean; readonly begun: boolean }> {
  let begun = false;
  for (;;) {
    const step = reading.next();
    if (step.done === true) return { read: step.value, begun };
    begun ||= step.value?.type === 'call-start';
    yield step.value;
  }
}

function* noCall(): Reading<boolean> {
  yield* [];
  return false;
}

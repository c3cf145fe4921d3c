import type { CallableTool, ChatFormat, OutputContext, OutputState } from '../formats/format.ts';
import type { TextSet } from '../formats/shared/marks.ts';
import { examplePlace, MOST_EXAMPLES, readMeant } from './examples.ts';
import type { ExamplePlace } from './examples.ts';
import { MarkdownCode } from './markdown-code.ts';
import { laterTags, readLater } from './later-thoughts.ts';
import type { LaterReader } from './later-thoughts.ts';
import { openingsOf } from './openings.ts';
import { blockTags, isStray, strayMarksOf } from './stray-marks.ts';
import { readThoughts } from './thoughts.ts';
import type { ThoughtReader } from './thoughts.ts';
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
  readonly #state: OutputState = {
    thinking: false,
    calling: undefined,
    holdsCall: false,
    resultBegun: false,
  };
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

  /** True while a complete call in thinking is held back, because the thinking may still be closed. */
  get holdsCall(): boolean {
    return this.#state.holdsCall;
  }

  /** True after the model began the result of its calls. The answer is over, and the rest is dropped. */
  get resultBegun(): boolean {
    return this.#state.resultBegun;
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

/** Position in the output. A block can open at the start, where white space is text, after calls, or between other blocks. */
type Boundary = 'start' | 'between' | 'called' | 'none';

/** Shared state of the readers of tagged text. */
interface Tagged extends ThoughtReader, LaterReader {
  /** Number of possible examples so far. */
  examples: number;
}

function textPiece({ code }: Tagged, text: string, space = ''): OutputPiece {
  code.push(text);
  return { type: 'text', text: space + text };
}

/** Reads text with thinking tags and calls in it, the output form of nearly all families. */
function* readTagged(source: Source, format: ChatFormat, context: OutputContext): Reading {
  const code = new MarkdownCode(blockTags(format));
  const count = { examples: 0, triggers: 0 };
  const reader: Tagged = { source, format, context, code, ...count, isUnclosed: false };
  const { thinking, answer } = format;
  const { tokens, betweenBlocks } = strayMarksOf(format);
  const strays = [tokens, format.header?.open ?? []].flat();
  const triggers = context.tools.length > 0 ? (format.tools?.triggers ?? []) : [];
  const opening = openingsOf(format, context.tools);
  const inAnswer = answer?.open === '' || (answer?.always === true && context.continuesText);
  const closings = answer === undefined || answer.close === '' ? [] : [answer.close];
  let closing = inAnswer ? closings : [];
  let boundary: Boundary = context.continuesText ? 'none' : 'start';
  let thought = context.thinkingOpen;
  if (context.forced !== undefined) boundary = yield* readCalls(reader, context.forced);
  else if (context.thinkingOpen) boundary = yield* readThinking(reader);
  while (boundary !== 'called' || !(yield* beginsResult(reader))) {
    const tag = boundary === 'none' ? undefined : yield* readTag(source, boundary, opening);
    if (tag !== undefined && tag === thinking?.open) {
      thought = true;
      boundary = yield* readThinking(reader);
    } else if (tag !== undefined && tag === answer?.open) {
      closing = closings;
      boundary = yield* beginAnswer(source);
    } else if (tag !== undefined) {
      boundary = betweenBlocks.has(tag) ? 'between' : yield* readCalls(reader, tag);
    } else {
      const later = laterTags(format, thought);
      const isText =
        triggers.length + closing.length === 0 && !later.includes(thinking?.open ?? '');
      // White space is held back only before marks that it belongs to.
      const space = isText ? 'keep' : 'trim';
      const place = source.place;
      const marks = [...triggers, ...closing, ...later, ...strays];
      const found = yield* source.streamUntil(marks, (text) => textPiece(reader, text), space);
      if (found === undefined) return;
      const isFirst = source.place - place === found.space.length + found.mark.length;
      if (closing.includes(found.mark)) boundary = 'between';
      else if (later.includes(found.mark))
        boundary = (yield* readLater(reader, found, later)) ? 'between' : 'none';
      else if (!strays.includes(found.mark))
        boundary = yield* readCalls(reader, found.mark, found.space);
      else {
        const shown = (yield* isStray(source, format, found.mark)) ? '' : found.mark;
        if (found.space + shown !== '') yield textPiece(reader, shown, found.space);
        if (!isFirst || shown !== '') boundary = 'none';
      }
    }
  }
}

/** Reads a tag that opens a block, and the white space before it. */
function* readTag(source: Source, boundary: Boundary, tags: TextSet): Reading<string | undefined> {
  const place = source.place;
  yield* source.skipSpace();
  const tag = yield* source.takeOf(tags);
  if (tag === undefined && boundary === 'start') source.rewind(place);
  return tag;
}

/** Reads the tag that begins a result, if it is next. */
function* beginsResult({ source, format, context }: Tagged): Reading<boolean> {
  const { resultOpen } = format.tools ?? {};
  if (resultOpen === undefined) return false;
  yield* source.skipSpace();
  context.state.resultBegun = (yield* source.take(resultOpen)) !== undefined;
  return context.state.resultBegun;
}

/** Reads the line break after the opening tag of an answer, which may be on a line of its own. */
function* beginAnswer(source: Source): Reading<Boundary> {
  yield* source.take('\n');
  return 'none';
}

function* readThinking(reader: Tagged): Reading<Boundary> {
  const found = yield* readThoughts(reader);
  return found === undefined ? 'between' : yield* readCalls(reader, found.mark, found.space);
}

/** Reads the calls after a trigger. If there are none, the trigger is text. */
function* readCalls(reader: Tagged, trigger: string, space = ''): Reading<Boundary> {
  const { source, format, context, code } = reader;
  const place = source.place;
  code.push(space);
  const isForced = trigger === context.forced;
  const example = format.mayQuoteCalls === true && !isForced ? examplePlace(code) : undefined;
  const { read, begun } = yield* watchStart(
    example === undefined
      ? readCall(reader, trigger)
      : readExample(reader, example, trigger, space),
  );
  // The rest of a cut-off call (before its name, or in its closing tag) is neither a call nor text.
  const lost = source.starved && (source.cut || read || begun);
  if (lost) source.skip(source.rest.length);
  if (begun && (read || lost)) return 'called';
  if (read || lost) return example === undefined ? 'between' : 'none';
  source.rewind(place);
  if (yield* isStray(source, format, trigger)) return 'between';
  yield textPiece(reader, trigger, space);
  return 'none';
}

function* readCall({ source, format, context }: Tagged, trigger: string): Reading<boolean> {
  const { tools, state } = context;
  state.calling = trigger;
  const isCall = yield* format.tools?.read(source, tools, trigger) ?? noCall();
  state.calling = undefined;
  return isCall;
}

function readExample(
  reader: Tagged,
  place: ExamplePlace,
  trigger: string,
  space: string,
): Reading<boolean> {
  if (++reader.examples > MOST_EXAMPLES) return noCall();
  return readMeant(reader.source, place, trigger, {
    triggers: reader.format.tools?.triggers ?? [],
    readCall: (found) => readCall(reader, found),
    textPiece: (text) => textPiece(reader, text, space),
  });
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

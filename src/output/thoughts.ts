import { isRecord, parseJson } from '../core/json.ts';
import type { ChatFormat, OutputContext } from '../formats/format.ts';
import { finderOf } from '../formats/shared/marks.ts';
import { Source } from '../formats/shared/reader.ts';
import type { OutputPiece, Reading } from '../formats/shared/reader.ts';
import { undecided } from '../formats/shared/stops.ts';

/** Triggers in the thinking of one answer that are tried; a model can repeat the start of a call forever. */
const MOST_TRIED = 100;

/** Reader of thinking in tags. */
export interface ThoughtReader {
  readonly source: Source;
  readonly format: ChatFormat;
  readonly context: OutputContext;
  /** Number of triggers in the thinking so far. */
  triggers: number;
}

/** Trigger of calls, and the white space before it. */
interface Trigger {
  readonly mark: string;
  readonly space: string;
}

export function thinkingPiece(text: string): OutputPiece {
  return { type: 'thinking', text };
}

/** Reads thinking after its opening tag. Returns the trigger of a call that ended it; undefined for its closing tag. */
export function* readThoughts(reader: ThoughtReader): Reading<Trigger | undefined> {
  const { state } = reader.context;
  state.thinking = true;
  yield* reader.source.skipSpace();
  const trigger = yield* streamThoughts(reader);
  state.thinking = false;
  state.holdsCall = false;
  return trigger;
}

function* streamThoughts(reader: ThoughtReader): Reading<Trigger | undefined> {
  const { source, format, context } = reader;
  if (format.thinking === undefined) return undefined;
  const { close } = format.thinking;
  const triggers = triggersOf(format, context);
  const opening = answerTokens(format);
  for (;;) {
    const tried = reader.triggers < MOST_TRIED ? triggers : [];
    const marks = [close, ...opening, ...tried];
    const found = yield* source.streamUntil(marks, thinkingPiece, 'trim');
    if (found === undefined || found.mark === close) return undefined;
    if (opening.includes(found.mark)) {
      source.rewind(source.place - found.mark.length);
      return undefined;
    }
    reader.triggers++;
    const call = yield* readMention(reader, found.mark);
    context.state.holdsCall = false;
    context.state.calling = undefined;
    if (call === 'meant') return found;
    const mention = found.space + found.mark;
    yield thinkingPiece(call === 'none' ? mention : mention + call.closed.trimEnd());
    if (call !== 'none') return undefined;
  }
}

/** Texts that begin calls in thinking. */
function triggersOf({ tools }: ChatFormat, context: OutputContext): readonly string[] {
  return context.tools.length > 0 ? (tools?.triggersInThinking ?? tools?.triggers ?? []) : [];
}

/** Tokens that begin every answer of a format. They end thinking that was not closed. */
function answerTokens({ answer }: ChatFormat): readonly string[] {
  return answer?.always === true && answer.open.startsWith('<|') ? [answer.open] : [];
}

/**
 * Decides if a trigger in thinking begins a call that is meant. It does if the call is complete and the thinking
 * is not closed after it. In an output that was cut off, only further calls may follow.
 *
 * @returns `meant` or `none`, at the place after the trigger; or the text up to the closing tag, which was read
 */
function* readMention(
  { source, format, context }: ThoughtReader,
  trigger: string,
): Reading<'meant' | 'none' | { readonly closed: string }> {
  const start = source.place;
  const close = [format.thinking?.close ?? ''];
  // The call can't reach beyond the closing tag, so it is read from a copy that ends there.
  const copy = new Source();
  const call = format.tools?.read(copy, context.tools, trigger);
  let trial = call && isCompleteCall(call);
  if (format.thinking?.holdsCalls === true) context.state.calling = trigger;
  let text = '';
  for (;;) {
    const { rest } = source;
    const found = finderOf(close).find(rest);
    const held = source.ended ? 0 : undecided(rest, close);
    const part = rest.slice(0, found?.at ?? rest.length - held);
    text += part;
    source.skip(part.length + (found?.mark.length ?? 0));
    copy.feed(part);
    if (source.ended && found === undefined) copy.end(source.cut);
    // Before a closing tag in the same chunk: text that is no call ends here, whatever follows.
    const step = trial?.next();
    if (step?.done === true) {
      if (!step.value) break;
      context.state.holdsCall = true;
      context.state.calling = undefined;
      trial = undefined;
    }
    if (found !== undefined) return { closed: text };
    if (source.ended) break;
    yield undefined;
  }
  source.rewind(start);
  if (!context.state.holdsCall) return 'none';
  const after = copy.rest.trimStart();
  const isLast = after === '' || triggersOf(format, context).some((next) => after.startsWith(next));
  return isLast || !source.cut ? 'meant' : 'none';
}

/** Reads a call without its pieces. Returns true if it is complete and its arguments are an object. */
function* isCompleteCall(reading: Reading<boolean>): Reading<boolean> {
  let json = '';
  let isComplete = false;
  for (;;) {
    const step = reading.next();
    if (step.done === true) return step.value && isComplete && isRecord(parseJson(json));
    if (step.value === undefined) yield undefined;
    else if (step.value.type === 'call-json' && !isComplete) json += step.value.json;
    else isComplete ||= step.value.type === 'call-end';
  }
}

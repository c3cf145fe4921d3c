import type { ChatFormat } from '../formats/format.ts';
import type { Reading, Source } from '../formats/shared/reader.ts';
import type { MarkdownCode } from './markdown-code.ts';
import { closesNothing, strayMarksOf } from './stray-marks.ts';
import { thinkingPiece } from './thoughts.ts';

/** Reader of tags of thinking in the text. */
export interface LaterReader {
  readonly source: Source;
  readonly format: ChatFormat;
  /** Code in the text so far. */
  readonly code: MarkdownCode;
  /** The rest of the output has no closing tag of thinking. */
  isUnclosed: boolean;
}

/** Tags of thinking to find in the text. */
export function laterTags(format: ChatFormat, thought: boolean): readonly string[] {
  const { tokens, tags } = strayMarksOf(format);
  if (format.thinking === undefined) return tags;
  const { open, close, later } = format.thinking;
  if (later === undefined || !(thought || tokens.includes(close))) return tags;
  return later === 'dropped' ? [open, close] : [open, ...tags];
}

/**
 * Reads a later block of thinking in the text. A tag without its counterpart is text, unless it is a control token,
 * closes nothing, or the format says that it is left out.
 *
 * @param marks tags that were searched
 * @returns true if a block was read
 */
export function* readLater(
  reader: LaterReader,
  { mark, space }: { readonly mark: string; readonly space: string },
  marks: readonly string[],
): Reading<boolean> {
  const { source, format, code } = reader;
  const { open, close = '', later } = format.thinking ?? {};
  if (mark === open && !reader.isUnclosed) {
    const block = yield* source.readUntil(close);
    const thoughts = block?.text.trim() ?? '';
    if (thoughts !== '') yield thinkingPiece(thoughts);
    if (block !== undefined) return true;
    // No other block can be closed either, so none is searched again.
    reader.isUnclosed = true;
  }
  code.push(space);
  const isAnswer = mark === format.answer?.close;
  const isStray = mark !== open && closesNothing(code, isAnswer ? format.answer : format.thinking);
  if (isStray && isAnswer) return true;
  const isDropped = later === 'dropped' && marks.includes(open ?? '');
  const isToken = strayMarksOf(format).tokens.includes(mark);
  const shown = isDropped || isStray || isToken ? '' : mark;
  code.push(shown);
  if (space + shown !== '') yield { type: 'text', text: space + shown };
  return false;
}

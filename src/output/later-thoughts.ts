import type { ChatFormat } from '../formats/format.ts';
import type { Reading, Source } from '../formats/shared/reader.ts';
import type { MarkdownCode } from './markdown-code.ts';
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
  if (format.thinking === undefined) return [];
  const { open, close, later } = format.thinking;
  const isToken = format.stray?.includes(close) === true;
  const alone = strayClosing(format);
  if (later === undefined || !(thought || isToken)) return alone;
  return later === 'dropped' ? [open, close] : [open, ...alone];
}

/** Closing tags of thinking that mean nothing if nothing opened them. In the text of a server they are mentions. */
export function strayClosing({ thinking, mayQuoteCalls }: ChatFormat): readonly string[] {
  return thinking === undefined || mayQuoteCalls === true ? [] : [thinking.close];
}

/**
 * Reads a later block of thinking in the text. A tag without its counterpart is text. It is left out if the format
 * says so, as is a closing tag at the start of a line, outside of code.
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
  const isAlone = mark === close && code.isLineStart && code.fence === undefined;
  const isDropped = later === 'dropped' && marks.includes(open ?? '');
  const isStray = format.stray?.includes(mark) === true;
  const shown = isDropped || isAlone || isStray ? '' : mark;
  code.push(shown);
  if (space + shown !== '') yield { type: 'text', text: space + shown };
  return false;
}

import type { ChatFormat } from '../formats/format.ts';
import type { Reading, Source } from '../formats/shared/reader.ts';
import type { MarkdownCode } from './markdown-code.ts';

/** Marks of a format that have no counterpart in the text of an answer. */
export interface StrayMarks {
  /** Control tokens. No text contains them, so they are left out anywhere. */
  readonly tokens: readonly string[];
  /** Closing tags that a text may mention. */
  readonly tags: readonly string[];
  /** All of them and the closing marks of calls, which are left out where a block may open. */
  readonly betweenBlocks: ReadonlySet<string>;
}

/** Tags around a block. */
interface TagPair {
  readonly open: string;
  readonly close: string;
}

const CONTROL_TOKEN = /^<[|｜]|[|｜]>$|^\[\/?[A-Z]/;

const NONE: StrayMarks = { tokens: [], tags: [], betweenBlocks: new Set() };

const known = new WeakMap<ChatFormat, StrayMarks>();

/** Stray marks of a format. Text of a server that separates calls and thinking itself may mention all of them. */
export function strayMarksOf(format: ChatFormat): StrayMarks {
  const marks = known.get(format) ?? (format.mayQuoteCalls === true ? NONE : collectMarks(format));
  known.set(format, marks);
  return marks;
}

function collectMarks({ thinking, answer, tools, stray = [] }: ChatFormat): StrayMarks {
  const tags = [thinking?.close, answer?.close].filter(isMark);
  const opening = [answer?.open].filter(isMark);
  const controls = [...tags, ...opening].filter((mark) => CONTROL_TOKEN.test(mark));
  const tokens = [...new Set([...stray, ...controls])];
  return { tokens, tags, betweenBlocks: new Set([...tokens, ...tags, ...(tools?.closings ?? [])]) };
}

/** Tags around the blocks of a format. */
export function blockTags({ thinking, answer }: ChatFormat): readonly string[] {
  return [thinking?.open, thinking?.close, answer?.open, answer?.close].filter(isMark);
}

function isMark(mark: string | undefined): mark is string {
  return mark !== undefined && mark !== '';
}

/** Character before a tag that is a part of the text around it, such as a quote or another tag. */
const MENTIONED_AFTER = /[\s"'`([{<>“‘«]$/;

/**
 * Returns true if a closing tag at this place closes nothing: it is at the start of a line, or directly after a word,
 * and no opening tag in the text before it is without its counterpart. Others are mentions.
 */
export function closesNothing(code: MarkdownCode, tags: TagPair | undefined): boolean {
  if (code.open !== undefined) return false;
  if (!code.isLineStart && MENTIONED_AFTER.test(code.line)) return false;
  return tags === undefined || tags.open === '' || code.count(tags.open) <= code.count(tags.close);
}

/** Characters of a header that are searched for its end. */
const HEADER_WORDS = /^[\w .:=-]{0,60}/;

/**
 * Returns true for a control token that is no text. One that begins a header is a mention, unless words and the token
 * after them follow, which are read then.
 */
export function* isStray(source: Source, format: ChatFormat, mark: string): Reading<boolean> {
  const { open = [], close = '' } = format.header ?? {};
  if (!open.some((token) => mark.startsWith(token)))
    return strayMarksOf(format).tokens.includes(mark);
  if (mark.includes(close)) return false;
  for (;;) {
    const { rest } = source;
    const words = HEADER_WORDS.exec(rest)?.[0] ?? '';
    const after = rest.slice(words.length);
    if (after.startsWith(close)) {
      source.skip(words.length + close.length);
      return true;
    }
    if (source.ended || !close.startsWith(after)) return false;
    yield undefined;
  }
}

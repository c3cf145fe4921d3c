import { TextSet } from '../formats/shared/marks.ts';
import type { OutputPiece, Reading, Source } from '../formats/shared/reader.ts';
import { bufferPieces } from './buffer-pieces.ts';
import type { MarkdownCode } from './markdown-code.ts';

/** Place in a text where a call may be an example: in code, or after other words on its line. */
export interface ExamplePlace {
  /** Marker that ends the code fence around the place. */
  readonly fence: string | undefined;
  /** The code fence has other code before the place. */
  readonly followsCode: boolean;
}

/** Limit of examples in one answer. Later ones are text without an attempt to read them. */
export const MOST_EXAMPLES = 100;

/** Marks that servers leave at the end of an answer. */
const ENDS = ['<|im_end|>', '<|endoftext|>', '<|eot_id|>', '</s>', '</tool_call>'] as const;

/** Place at the end of a text; undefined if a call there can't be an example. */
export function examplePlace(code: MarkdownCode): ExamplePlace | undefined {
  const { fence, isFenceEmpty, isLineStart } = code;
  if (fence === undefined && isLineStart) return undefined;
  return { fence, followsCode: fence !== undefined && !isFenceEmpty };
}

/** Functions of the parser for calls that may be examples. */
export interface ExampleReader {
  readonly triggers: readonly string[];
  /** Reads a call after its trigger. */
  readonly readCall: (trigger: string) => Reading<boolean>;
  /** Creates a piece from the text of an example. */
  readonly textPiece: (text: string) => OutputPiece;
}

/**
 * Reads calls that may be examples. They are real calls if only further calls, the end of their code fence and
 * white space follow them up to the end of the answer. Otherwise all of them are text, and so they
 * are if the end of the fence follows them and other code is before them.
 */
export function* readMeant(
  source: Source,
  { fence, followsCode }: ExamplePlace,
  trigger: string,
  { triggers, readCall, textPiece }: ExampleReader,
): Reading<boolean> {
  const start = source.place;
  const ends: readonly string[] = fence === undefined ? ENDS : [...ENDS, fence];
  const following = new TextSet([...triggers, ...ends]);
  const pieces: OutputPiece[] = [];
  let isPartOfCode = false;
  let next: string | undefined = trigger;
  while (next !== undefined) {
    const place = source.place - next.length;
    if (!ends.includes(next) && !(yield* bufferPieces(source, readCall(next), pieces))) {
      if (pieces.length === 0) return false;
      // A further call that was cut off is dropped.
      if (source.starved && source.cut) source.skip(source.rest.length);
      else source.rewind(place);
      break;
    }
    isPartOfCode ||= followsCode && next === fence;
    yield* source.skipSpace();
    next = source.rest === '' ? undefined : yield* source.takeOf(following);
  }
  if (source.rest === '' && !isPartOfCode) yield* pieces;
  else yield textPiece(trigger + readAgain(source, start));
  return true;
}

/** Text from an earlier place to the current one. */
function readAgain(source: Source, start: number): string {
  const length = source.place - start;
  source.rewind(start);
  const text = source.rest.slice(0, length);
  source.skip(length);
  return text;
}

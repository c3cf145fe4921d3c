import { RuntimeFailure } from '../../core/errors.ts';
import { JsonMistake, readJson } from '../../core/json-reader.ts';
import type { Steps } from '../../core/steps.ts';

/** Characters of a body that `JSON.parse` reads within a few milliseconds, whatever they are. */
const SMALL = 256 * 1024;

/** Parses a request body. Throws invalid-request that names the place, in the API's words. */
export function* parseBody(text: string): Steps<unknown> {
  if (text.length <= SMALL) {
    const parsed = tryParse(text);
    if (parsed !== undefined) return parsed.value;
  }
  try {
    return yield* readJson(text);
  } catch (error) {
    throw error instanceof JsonMistake ? invalidJson(text, error) : error;
  }
}

function tryParse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function invalidJson(text: string, mistake: JsonMistake): RuntimeFailure {
  const { message, offset, exceedsLimit } = mistake;
  const { line, column } = placeOf(text, offset);
  const what = exceedsLimit ? 'has too much JSON' : 'is not valid JSON';
  return new RuntimeFailure(
    'invalid-request',
    `The request body ${what}: ${message}: line ${line} column ${column} (char ${offset})`,
    { cause: mistake },
  );
}

const LINE_FEED = 0x0a;

/** Line and column of a character, both counted from 1. */
function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let begin = 0;
  for (let at = 0; at < offset; at += 1) {
    if (text.charCodeAt(at) !== LINE_FEED) continue;
    line += 1;
    begin = at + 1;
  }
  return { line, column: offset - begin + 1 };
}

import { RuntimeFailure } from '../../core/failure.ts';
import { JsonMistake } from '../../core/json-mistake.ts';
import { readJson } from '../../core/json-reader.ts';
import type { Steps } from '../../core/steps.ts';
import { toWellFormed } from './decoding/well-formed.ts';

/** Size in characters up to which `JSON.parse` takes only a few milliseconds for any body. */
const SMALL = 256 * 1024;

/** Escape of a surrogate. Text that was decoded from UTF-8 has no lone surrogates otherwise. */
const SURROGATE = /\\u[dD][89a-fA-F]/;

/**
 * Parses a request body, and replaces lone surrogates.
 *
 * @throws {invalid-request} with the position of the mistake, in the API's wording
 */
export function* parseBody(text: string): Steps<unknown> {
  const value = yield* parsed(text);
  return SURROGATE.test(text) ? yield* toWellFormed(value) : value;
}

function* parsed(text: string): Steps<unknown> {
  if (text.length <= SMALL) {
    const result = tryParse(text);
    if (result !== undefined) return result.value;
  }
  try {
    return yield* readJson(text);
  } catch (error) {
    if (!(error instanceof JsonMistake)) throw error;
    throw invalidJson(error, yield* placeOf(text, error.offset));
  }
}

function tryParse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function invalidJson(mistake: JsonMistake, { line, column }: Place): RuntimeFailure {
  const { message, offset, exceedsLimit } = mistake;
  const what = exceedsLimit ? 'has too much JSON' : 'is not valid JSON';
  return new RuntimeFailure(
    'invalid-request',
    `The request body ${what}: ${message}: line ${line} column ${column} (char ${offset})`,
    { cause: mistake },
  );
}

/** Line and column of a character, both from 1. */
interface Place {
  readonly line: number;
  readonly column: number;
}

const LINE_FEED = 0x0a;
const CHARACTERS_A_STEP = 1024 * 1024;

function* placeOf(text: string, offset: number): Steps<Place> {
  let line = 1;
  let begin = 0;
  for (let at = 0; at < offset; at += 1) {
    if (at % CHARACTERS_A_STEP === 0) yield;
    if (text.charCodeAt(at) !== LINE_FEED) continue;
    line += 1;
    begin = at + 1;
  }
  return { line, column: offset - begin + 1 };
}

import type { Reading, Source } from './reader.ts';
import { argumentsPiece, takeClosing } from './calls.ts';
import { toJson } from './parameter-values.ts';
import { streamText } from './parameters.ts';

/**
 * Reads an object of pairs after its opening brace and streams it as JSON. Returns false if it is malformed.
 *
 * @param quote text around strings
 */
export function* readPairs(source: Source, quote: string): Reading<boolean> {
  yield argumentsPiece('{');
  for (let count = 0; ; count++) {
    yield* source.skipSpace();
    if ((yield* source.take('}')) !== undefined) {
      yield argumentsPiece('}');
      return true;
    }
    if (count > 0 && (yield* source.take(',')) === undefined) return false;
    const key = yield* readKey(source, quote);
    if (key === undefined) return false;
    yield argumentsPiece(`${count === 0 ? '' : ', '}${JSON.stringify(key)}: `);
    if (!(yield* readValue(source, quote))) return false;
  }
}

/** Reads a key, bare or in quotes of either kind, and its colon. */
function* readKey(source: Source, quote: string): Reading<string | undefined> {
  yield* source.skipSpace();
  const opened = yield* source.take(quote, '"');
  const key = yield* source.readUntil(opened ?? ':');
  if (opened !== undefined && (yield* takeClosing(source, ':')) === undefined) return undefined;
  return key?.text.trim();
}

function* readItems(source: Source, quote: string): Reading<boolean> {
  yield argumentsPiece('[');
  for (let count = 0; ; count++) {
    yield* source.skipSpace();
    if ((yield* source.take(']')) !== undefined) {
      yield argumentsPiece(']');
      return true;
    }
    if (count > 0) {
      if ((yield* source.take(',')) === undefined) return false;
      yield argumentsPiece(', ');
    }
    if (!(yield* readValue(source, quote))) return false;
  }
}

function* readValue(source: Source, quote: string): Reading<boolean> {
  yield* source.skipSpace();
  switch (yield* source.take(quote, '{', '[', '"')) {
    case quote:
      return (yield* streamText(source, [quote])) !== undefined;
    case '{':
      return yield* readPairs(source, quote);
    case '[':
      return yield* readItems(source, quote);
    case '"':
      // The model wrote a JSON quote instead of its own.
      source.rewind(source.place - 1);
      return yield* source.streamJson(argumentsPiece);
    default:
      return yield* readBare(source);
  }
}

/** Reads a number, a word, or unquoted text. */
function* readBare(source: Source): Reading<boolean> {
  const bare = yield* source.readUntil(',', '}', ']');
  if (bare === undefined) return false;
  source.rewind(source.place - 1);
  yield argumentsPiece(toJson(bare.text, undefined));
  return true;
}

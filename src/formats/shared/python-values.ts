import type { Reading, Source } from './reader.ts';
import { argumentsPiece } from './calls.ts';

const QUOTES = ['"""', "'''", '"', "'"] as const;

/** Python's constants and their names in JSON. */
const CONSTANTS: ReadonlyMap<string, string> = new Map([
  ['True', 'true'],
  ['False', 'false'],
  ['None', 'null'],
]);

/** Escaped characters after a backslash. Other escapes stay unchanged, as in Python. */
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['b', '\b'],
  ['f', '\f'],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  // An escape of JSON that models write too.
  ['/', '/'],
  ['\n', ''],
]);

const CODE_LENGTHS: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
]);

/** Reads a Python literal and streams it as JSON. Returns true if it is complete. */
export function* readPythonValue(source: Source): Reading<boolean> {
  yield* source.skipSpace();
  const quote = yield* source.take(...QUOTES);
  if (quote !== undefined) return yield* readString(source, quote);
  const bracket = yield* source.take('[', '(', '{');
  switch (bracket) {
    case '[':
      return yield* readItems(source, ']');
    case '(':
      return yield* readItems(source, ')');
    case '{':
      return yield* readEntries(source);
    default:
      return yield* readWord(source);
  }
}

/** Reads a list or a tuple after its opening bracket. */
function* readItems(source: Source, close: string): Reading<boolean> {
  yield argumentsPiece('[');
  for (let separator = ''; ; separator = ', ') {
    yield* source.skipSpace();
    if ((yield* source.take(close)) !== undefined) break;
    if (separator !== '') yield argumentsPiece(separator);
    if (!(yield* readPythonValue(source))) return false;
    if (!(yield* skipComma(source, close))) return false;
  }
  yield argumentsPiece(']');
  return true;
}

/** Reads a dictionary after its opening brace. */
function* readEntries(source: Source): Reading<boolean> {
  yield argumentsPiece('{');
  for (let separator = ''; ; separator = ', ') {
    yield* source.skipSpace();
    if ((yield* source.take('}')) !== undefined) break;
    if (separator !== '') yield argumentsPiece(separator);
    const quote = yield* source.take(...QUOTES);
    if (quote === undefined || !(yield* readString(source, quote))) return false;
    yield* source.skipSpace();
    if ((yield* source.take(':')) === undefined) return false;
    yield argumentsPiece(': ');
    if (!(yield* readPythonValue(source))) return false;
    if (!(yield* skipComma(source, '}'))) return false;
  }
  yield argumentsPiece('}');
  return true;
}

/** Skips a comma. Returns true if it or the closing bracket comes next; the bracket is not read. */
function* skipComma(source: Source, close: string): Reading<boolean> {
  yield* source.skipSpace();
  return (yield* source.take(',')) !== undefined || source.rest.startsWith(close);
}

/** Reads a string after its opening quote. */
function* readString(source: Source, quote: string): Reading<boolean> {
  yield argumentsPiece('"');
  while (yield* source.some()) {
    const plain = /^[^\\"']*/.exec(source.rest)?.[0] ?? '';
    if (plain !== '') {
      yield textPiece(plain);
      source.skip(plain.length);
      continue;
    }
    const mark = yield* source.take(quote, '\\');
    if (mark === quote) {
      yield argumentsPiece('"');
      return true;
    }
    if (mark === '\\') yield* readEscape(source);
    else if (source.starved) return false;
    else {
      yield textPiece(source.rest.charAt(0));
      source.skip(1);
    }
  }
  return false;
}

/** Reads an escape after its backslash. */
function* readEscape(source: Source): Reading {
  if (!(yield* source.some())) return;
  const character = source.rest.charAt(0);
  source.skip(1);
  const length = CODE_LENGTHS.get(character);
  if (length === undefined) {
    yield textPiece(ESCAPES.get(character) ?? `\\${character}`);
    return;
  }
  let digits = '';
  while (digits.length < length && (yield* source.some()) && /^[\da-f]/i.test(source.rest)) {
    digits += source.rest.charAt(0);
    source.skip(1);
  }
  const code = digits.length === length ? Number.parseInt(digits, 16) : Infinity;
  if (length === 8 && code <= 0x10ffff) yield textPiece(String.fromCodePoint(code));
  else if (code <= 0xffff) yield textPiece(String.fromCharCode(code));
  else yield textPiece(`\\${character}${digits}`);
}

/** Reads a number, a constant, or a bare word, which means a string. */
function* readWord(source: Source): Reading<boolean> {
  let word = '';
  while (yield* source.some()) {
    const part = /^[^\s,()[\]{}:='"<]*/.exec(source.rest)?.[0] ?? '';
    word += part;
    source.skip(part.length);
    if (source.rest !== '') break;
  }
  if (word === '' || source.starved) return false;
  const constant = CONSTANTS.get(word);
  yield argumentsPiece(constant ?? (isJson(word) ? word : JSON.stringify(word)));
  return true;
}

function isJson(word: string): boolean {
  try {
    JSON.parse(word);
    return true;
  } catch {
    return false;
  }
}

const textPiece = (text: string) => argumentsPiece(JSON.stringify(text).slice(1, -1));

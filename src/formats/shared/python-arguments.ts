import type { CallableTool } from '../format.ts';
import type { Reading, Source } from './reader.ts';
import { argumentsPiece, isCallable, readName, withoutPieces } from './calls.ts';
import { readPythonValue } from './python-values.ts';

/** Reads a call such as `name(key="value")`; returns false without yielding a piece if there is none. */
export function* readPythonCall(source: Source, tools: readonly CallableTool[]): Reading<boolean> {
  yield* source.skipSpace();
  const name = yield* readName(source);
  if (!isCallable(name, tools) || (yield* source.take('(')) === undefined) return false;
  return yield* readPythonArguments(source, name);
}

/**
 * Reads the keyword arguments of a Python call after `name(`, up to the closing parenthesis, and streams them
 * as a JSON object. Returns false without yielding a piece if there are no arguments.
 */
export function* readPythonArguments(source: Source, name: string): Reading<boolean> {
  yield* source.skipSpace();
  const empty = (yield* source.take(')')) !== undefined;
  let key = empty ? undefined : yield* readKey(source);
  if (!empty && key === undefined) return false;
  yield { type: 'call-start', name };
  yield argumentsPiece('{');
  const known = new Set<string>();
  while (key !== undefined) {
    const reading = readArgument(source, key, known.size === 0 ? '' : ', ');
    // Of a repeated keyword, the first value counts, because it is streamed already.
    if (!(yield* known.has(key) ? withoutPieces(reading) : reading)) return true;
    known.add(key);
    yield* source.skipSpace();
    const comma = yield* source.take(',');
    yield* source.skipSpace();
    if ((yield* source.take(')')) !== undefined) break;
    key = comma === undefined ? undefined : yield* readKey(source);
    if (key === undefined) return true;
  }
  yield argumentsPiece('}');
  yield { type: 'call-end' };
  return true;
}

function* readArgument(source: Source, key: string, before: string): Reading<boolean> {
  yield argumentsPiece(`${before}${JSON.stringify(key)}: `);
  return yield* readPythonValue(source);
}

/** Reads a keyword and its equals sign; undefined if there is none. */
function* readKey(source: Source): Reading<string | undefined> {
  let key = '';
  yield* source.skipSpace();
  while (yield* source.some()) {
    const part = /^[^\s=()[\]{}'",]*/.exec(source.rest)?.[0] ?? '';
    key += part;
    source.skip(part.length);
    if (source.rest !== '') break;
  }
  yield* source.skipSpace();
  return key === '' || (yield* source.take('=')) === undefined ? undefined : key;
}

import type { CallableTool } from '../format.ts';
import { callInput } from '../repair/call-input.ts';
import { JsonPrefix } from '../repair/json-prefix.ts';
import { argumentsPiece } from './calls.ts';
import type { Reading, Source } from './reader.ts';

/** Keys of the name and the arguments in the JSON object of a call. */
export interface JsonCallKeys {
  readonly name: string;
  readonly input: readonly string[];
  /** Mark after the call. If it is known, malformed arguments are passed on up to it. */
  readonly closing?: string;
  /** No marks are around the call, so that an object with only a name is text. */
  readonly isBare?: boolean;
}

/**
 * Reads one call as a JSON object, such as `{"name": …, "arguments": {…}}`, and streams its arguments. Skips
 * other keys if there are arguments. Returns false without yielding a piece if there is no such object, if it
 * names no tool, or if other members than the name are not arguments of the tool.
 */
export function* readJsonCall(
  source: Source,
  tools: readonly CallableTool[],
  keys: JsonCallKeys,
): Reading<boolean> {
  yield* source.skipSpace();
  const start = source.place;
  if ((yield* source.take('{')) === undefined) return false;
  const members = new Map<string, string>();
  for (;;) {
    const key = yield* readKey(source);
    if (key === undefined || key === 'end') return false;
    const value = yield* source.readJson();
    if (value === undefined) return false;
    if (key.name !== keys.name) members.set(key.name, value);
    else {
      const name = toText(value);
      const tool = tools.find((one) => one.name === name);
      return tool !== undefined && (yield* readMembers(source, tool, keys, { start, members }));
    }
  }
}

/** Reads the rest of such an object after its name, and streams the arguments. */
export function readNamedCall(
  source: Source,
  tool: CallableTool,
  keys: JsonCallKeys,
): Reading<boolean> {
  return readMembers(source, tool, keys, { start: source.place, members: new Map() });
}

/** Part of a call's object that has been read. */
interface BegunCall {
  /** Place of its beginning. */
  readonly start: number;
  /** JSON texts of members by key, without the name. */
  readonly members: Map<string, string>;
}

function* readMembers(
  source: Source,
  tool: CallableTool,
  keys: JsonCallKeys,
  { start, members }: BegunCall,
): Reading<boolean> {
  const { name } = tool;
  for (;;) {
    const key = yield* readKey(source);
    if (key === 'end') break;
    if (key === undefined) {
      if (keys.closing === undefined || source.starved) return false;
      yield { type: 'call-start', name };
      source.rewind(start);
      yield* readBroken(source, keys.closing);
      return true;
    }
    // A missing value means a call without arguments.
    const isMissing = source.rest.startsWith('}');
    if (keys.input.includes(key.name) && !isMissing) {
      yield { type: 'call-start', name };
      const begin = source.place;
      if (!(yield* streamArguments(source, keys))) return true;
      const isEmpty = source.place - begin === '{}'.length;
      yield* readRest(source, keys, isEmpty ? tool : undefined);
      return true;
    }
    const value = isMissing ? 'null' : yield* source.readJson();
    if (value === undefined) return false;
    members.set(key.name, value);
  }
  const input = callInput(members, tool, keys.isBare !== true);
  if (input === undefined) return false;
  yield { type: 'call-start', name };
  yield argumentsPiece(input);
  yield { type: 'call-end' };
  return true;
}

/**
 * Reads the members after the arguments, and ends the call.
 *
 * @param tool set if the arguments were empty, so that the members may be the real ones
 */
function* readRest(
  source: Source,
  { closing }: JsonCallKeys,
  tool: CallableTool | undefined,
): Reading {
  const members = new Map<string, string>();
  for (;;) {
    const key = yield* readKey(source);
    if (key === 'end') {
      const input = tool && callInput(members, tool, false);
      if (input !== undefined) yield argumentsPiece(input);
      yield { type: 'call-end' };
      return;
    }
    if (key === undefined) {
      if (closing !== undefined && !source.starved) yield* readBroken(source, closing);
      return;
    }
    const value = yield* source.readJson();
    if (value === undefined) return;
    members.set(key.name, value);
  }
}

/** Streams arguments. Returns false if they were malformed or cut off, which ends the call. */
function* streamArguments(source: Source, keys: JsonCallKeys): Reading<boolean> {
  if (source.rest.startsWith('"')) return yield* readTextArguments(source);
  if (keys.closing === undefined || !source.rest.startsWith('{')) {
    return yield* source.streamJson(argumentsPiece);
  }
  const prefix = new JsonPrefix(undefined);
  while (yield* source.some()) {
    const { rest } = source;
    let length = 0;
    while (length < rest.length && !prefix.complete && !prefix.violated) {
      prefix.push(rest.charAt(length++));
    }
    const shown = prefix.violated ? length - 1 : length;
    if (shown > 0) yield argumentsPiece(rest.slice(0, shown));
    source.skip(shown);
    if (prefix.complete) return true;
    if (prefix.violated) {
      yield* readBroken(source, keys.closing);
      return false;
    }
  }
  return false;
}

/** Reads arguments that are JSON in a text. */
function* readTextArguments(source: Source): Reading<boolean> {
  const json = yield* source.readJson();
  if (json === undefined) return false;
  const text = toText(json);
  yield argumentsPiece(text?.trimStart().startsWith('{') === true ? text : json);
  return true;
}

/** Passes on a malformed call up to its closing mark as arguments, for repair. */
function* readBroken(source: Source, closing: string): Reading {
  const place = source.place;
  const found = yield* source.readUntil(closing);
  const text = found?.text ?? source.rest;
  if (found === undefined) {
    source.rewind(place);
    source.skip(text.length);
  }
  if (text !== '') yield argumentsPiece(text);
  if (found !== undefined || !source.cut) yield { type: 'call-end' };
}

/** Reads the next key of an object and its colon, or the object's end (`end`); undefined if there is neither. */
function* readKey(source: Source): Reading<{ readonly name: string } | 'end' | undefined> {
  yield* source.skipSpace();
  if ((yield* source.take('}')) !== undefined) return 'end';
  yield* source.take(',');
  yield* source.skipSpace();
  if (!source.rest.startsWith('"')) return undefined;
  const name = toText(yield* source.readJson());
  yield* source.skipSpace();
  if (name === undefined || (yield* source.take(':')) === undefined) return undefined;
  yield* source.skipSpace();
  return { name };
}

function toText(json: string | undefined): string | undefined {
  if (json === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

import type { CallableTool } from '../format.ts';
import { JsonPrefix } from '../repair/json-prefix.ts';
import { isFlatArgument } from '../repair/schema-types.ts';
import { TextSet } from './marks.ts';
import type { OutputPiece, Reading, Source } from './reader.ts';

const EMPTY = '{}';

/** Makes a piece of a call's arguments. */
export function argumentsPiece(json: string): OutputPiece {
  return { type: 'call-json', json };
}

/** Whether a name is one of a tool that may be called. */
export function isCallable(name: string, tools: readonly CallableTool[]): boolean {
  return tools.some((tool) => tool.name === name);
}

/** Reads past white space and a closing mark, if one stands there, and gives it. */
export function* takeClosing(
  source: Source,
  ...marks: readonly string[]
): Reading<string | undefined> {
  yield* source.skipSpace();
  return yield* source.take(...marks);
}

/**
 * Reads past white space, the name of a tool and what ends it; undefined where no tool's name stands
 * there. It decides as early as it can, so that text is not held back.
 */
export function* takeTool(
  source: Source,
  tools: readonly CallableTool[],
  ...ends: readonly string[]
): Reading<{ readonly tool: CallableTool; readonly end: string } | undefined> {
  yield* source.skipSpace();
  const { texts, tools: named } = namesOf(tools, ends);
  const taken = yield* source.takeOf(texts);
  return taken === undefined ? undefined : named.get(taken);
}

interface ToolNames {
  /** Names of tools with what ends them. */
  readonly texts: TextSet;
  readonly tools: ReadonlyMap<string, { readonly tool: CallableTool; readonly end: string }>;
}

/** Names of the tools of each request: there may be thousands, and an answer may ask for them as often. */
const toolNames = new WeakMap<readonly CallableTool[], Map<string, ToolNames>>();

function namesOf(tools: readonly CallableTool[], ends: readonly string[]): ToolNames {
  const ofTools = toolNames.get(tools) ?? new Map<string, ToolNames>();
  toolNames.set(tools, ofTools);
  const key = JSON.stringify(ends);
  const known = ofTools.get(key);
  if (known !== undefined) return known;
  const named = new Map(
    tools.flatMap((tool) => ends.map((end) => [tool.name + end, { tool, end }] as const)),
  );
  const names = { texts: new TextSet([...named.keys()]), tools: named };
  ofTools.set(key, names);
  return names;
}

/** How a JSON object stands for a call: the keys of its name and of its arguments. */
export interface JsonCallKeys {
  readonly name: string;
  readonly input: readonly string[];
  /** Stands behind the call. Where it is known, malformed arguments are passed on up to it. */
  readonly closing?: string;
}

/**
 * Reads one call that is a JSON object, such as `{"name": …, "arguments": {…}}`, and streams its
 * arguments. Other keys are read past. Gives false, with nothing given, where it is no such object or
 * names no tool.
 */
export function* readJsonCall(
  source: Source,
  tools: readonly CallableTool[],
  keys: JsonCallKeys,
): Reading<boolean> {
  yield* source.skipSpace();
  if ((yield* source.take('{')) === undefined) return false;
  return yield* readMembers(source, tools, keys, undefined);
}

/** Reads what is left of such an object behind its name, and streams the arguments. */
export function* readNamedCall(source: Source, keys: JsonCallKeys, name: string): Reading {
  yield { type: 'call-start', name };
  yield* readMembers(source, [], keys, name);
}

/** Reads the arguments of a named call, a JSON object; gives false where none stands here. */
export function* readArguments(source: Source, name: string): Reading<boolean> {
  yield* source.skipSpace();
  if (!source.rest.startsWith('{')) return false;
  yield { type: 'call-start', name };
  if (yield* streamObject(source)) yield { type: 'call-end' };
  return true;
}

/** Streams an object, and the one that a model wrote after an empty one, for repair; false if it is not complete. */
function* streamObject(source: Source): Reading<boolean> {
  let json = '';
  const isComplete = yield* source.streamJson((text) => {
    if (json.length <= EMPTY.length) json += text;
    return argumentsPiece(text);
  });
  if (!isComplete || json !== EMPTY) return isComplete;
  const place = source.place;
  yield* source.skipSpace();
  if (source.rest.startsWith('{')) return yield* source.streamJson(argumentsPiece);
  source.rewind(place);
  return true;
}

/** Reads a tool's name, up to the first character that can't belong to one. */
export function* readName(source: Source): Reading<string> {
  let name = '';
  while (yield* source.some()) {
    const part = /^[\w-]*/.exec(source.rest)?.[0] ?? '';
    name += part;
    source.skip(part.length);
    if (source.rest !== '') break;
  }
  return name;
}

function* readMembers(
  source: Source,
  tools: readonly CallableTool[],
  keys: JsonCallKeys,
  known: string | undefined,
): Reading<boolean> {
  let name = known;
  let input: string | undefined;
  const others: [string, string][] = [];
  for (;;) {
    const key = yield* readKey(source);
    if (key === 'end') break;
    if (key === undefined) {
      if (name !== undefined)
        yield* readBroken(source, keys, input === undefined ? name : undefined);
      return name !== undefined;
    }
    if (key.name === keys.name && name === undefined) {
      name = toText(yield* source.readJson());
      if (name === undefined || !isCallable(name, tools)) return false;
      yield { type: 'call-start', name };
      if (input !== undefined) yield argumentsPiece(input);
    } else if (keys.input.includes(key.name) && name !== undefined) {
      input = '';
      // A value may be missing, which is a call without arguments.
      if (source.rest.startsWith('}')) continue;
      if (!(yield* streamArguments(source, keys))) return true;
    } else {
      const value = yield* source.readJson();
      if (value === undefined) return name !== undefined;
      // Arguments that come before the name wait for it.
      if (keys.input.includes(key.name)) input = value;
      else others.push([key.name, value]);
    }
  }
  if (name === undefined) return false;
  const called = tools.find((tool) => tool.name === name);
  if (input === undefined) yield argumentsPiece(flatArguments(others, called));
  yield { type: 'call-end' };
  return true;
}

/** The arguments of a call that has them beside its name: its members that the tool's schema declares. */
function flatArguments(
  members: readonly (readonly [string, string])[],
  tool: CallableTool | undefined,
): string {
  const written = members
    .filter(([key, json]) => isFlatArgument(tool?.inputSchema, key, json))
    .map(([key, json]) => `${JSON.stringify(key)}: ${json}`);
  return `{${written.join(', ')}}`;
}

/** Streams arguments; false if they were malformed or cut off, and the call is over. */
function* streamArguments(source: Source, keys: JsonCallKeys): Reading<boolean> {
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
      yield* readBroken(source, keys);
      return false;
    }
  }
  return false;
}

/**
 * Passes on what is left of a malformed call as its arguments, for repair.
 *
 * @param name the name of a call whose arguments have not begun: the whole call is passed on then
 */
function* readBroken(source: Source, { closing }: JsonCallKeys, name?: string): Reading {
  if (closing === undefined || source.starved) return;
  const place = source.place;
  const found = yield* source.readUntil(closing);
  const text = found?.text ?? source.rest;
  if (found === undefined) {
    source.rewind(place);
    source.skip(text.length);
  }
  const before = name === undefined ? '' : `{"name": ${JSON.stringify(name)}, `;
  if (before + text !== '') yield argumentsPiece(before + text);
  if (found !== undefined || !source.cut) yield { type: 'call-end' };
}

/** The next key of an object, read past its colon; `end` past the object's end; undefined for neither. */
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

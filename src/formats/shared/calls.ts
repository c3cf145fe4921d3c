import type { CallableTool } from '../format.ts';
import { TextSet } from './marks.ts';
import type { OutputPiece, Reading, Source } from './reader.ts';

const EMPTY = '{}';

/** Creates a piece of a call's arguments. */
export function argumentsPiece(json: string): OutputPiece {
  return { type: 'call-json', json };
}

/** Runs a reading without its pieces. */
export function* withoutPieces<Result>(reading: Reading<Result>): Reading<Result> {
  for (;;) {
    const step = reading.next();
    if (step.done === true) return step.value;
    if (step.value === undefined) yield undefined;
  }
}

/** Returns true if a callable tool has this name. */
export function isCallable(name: string, tools: readonly CallableTool[]): boolean {
  return tools.some((tool) => tool.name === name);
}

/** Skips white space, reads one of the marks and returns it; undefined if there is none. */
export function* takeClosing(
  source: Source,
  ...marks: readonly string[]
): Reading<string | undefined> {
  yield* source.skipSpace();
  return yield* source.take(...marks);
}

/**
 * Skips white space, and reads the name of a tool and its end mark; undefined if there is no tool's name. It
 * decides as early as possible, so that text is not held back.
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
  /** Names of tools with their end marks. */
  readonly texts: TextSet;
  readonly tools: ReadonlyMap<string, { readonly tool: CallableTool; readonly end: string }>;
}

/** Names of the tools, cached per list: there may be thousands, and an answer may need them as often. */
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

/** Reads the arguments of a named call as a JSON object; returns false if there is none. */
export function* readArguments(source: Source, name: string): Reading<boolean> {
  yield* source.skipSpace();
  if (!source.rest.startsWith('{')) return false;
  yield { type: 'call-start', name };
  if (yield* streamObject(source)) yield { type: 'call-end' };
  return true;
}

/** Streams an object, and also an object after an empty one, for repair. Returns false if it is incomplete. */
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

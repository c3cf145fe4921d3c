import type { CallableTool } from '../format.ts';
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

import type { CallableTool } from '../format.ts';
import type { OutputPiece, Reading, Source } from './reader.ts';
import { argumentsPiece, takeClosing, withoutPieces } from './calls.ts';
import { readNested } from './nested-parameters.ts';
import type { NestedValue } from './nested-parameters.ts';
import { parametersOf, typesOf } from './parameter-schemas.ts';
import { closingOf, followingMarks } from './parameter-syntax.ts';
import type { ParameterSyntax, ValueKind } from './parameter-syntax.ts';
import { isOnlyText, toJson } from './parameter-values.ts';
import type { JsonType } from '../../core/json.ts';

/**
 * Reads the arguments of a call and their end, and streams them as one JSON object. Raw text is streamed as it
 * arrives, other values after they are complete. Ends the call if all arguments are complete.
 *
 * @returns true if all arguments are complete
 */
export function* readParameters(
  source: Source,
  tool: CallableTool,
  syntax: ParameterSyntax,
): Reading<boolean> {
  const parameters = new Map(parametersOf(tool).map((parameter) => [parameter.name, parameter]));
  const { nameEnds, looseNameEnds = [], afterEnd = [] } = syntax;
  const separator = syntax.separator.trim();
  const ends = [...nameEnds, ...looseNameEnds];
  const missing = new Set(parameters.keys());
  const known = new Set<string>();
  for (;;) {
    const mark = yield* takeClosing(source, syntax.open, syntax.end, ...afterEnd);
    if (mark === undefined) return false;
    if (mark !== syntax.open) {
      if (mark !== syntax.end) source.rewind(source.place - mark.length);
      yield argumentsPiece(known.size === 0 ? '{}' : '}');
      yield { type: 'call-end' };
      return true;
    }
    const name = yield* source.readUntil(...ends.map((end) => end.mark));
    if (name === undefined) return false;
    missing.delete(name.text);
    const kind = ends.find(({ mark: end }) => end === name.mark)?.kind;
    const schemas = parameters.get(name.text)?.schemas ?? [{}];
    const value = { name: name.text, schemas, document: tool.inputSchema, kind, missing };
    const reading = readArgument(source, value, syntax, known.size === 0 ? '{' : ', ');
    // Of a repeated parameter, the first value counts, because it is streamed already.
    if (!(yield* known.has(name.text) ? withoutPieces(reading) : reading)) return false;
    known.add(name.text);
    if (separator !== '') yield* takeClosing(source, separator);
  }
}

/** Argument of a call, and the marks by which its value ends. */
interface Argument extends NestedValue {
  readonly kind: ValueKind | undefined;
  /** Declared parameters without a value so far. */
  readonly missing: ReadonlySet<string>;
}

/**
 * Reads the value of an argument after its name. Returns false if it is incomplete.
 *
 * @param before JSON before the name
 */
function* readArgument(
  source: Source,
  value: Argument,
  syntax: ParameterSyntax,
  before: string,
): Reading<boolean> {
  yield argumentsPiece(`${before}${JSON.stringify(value.name)}: `);
  const types = typesOf(value.schemas);
  if (syntax.layout !== '') yield* source.take(syntax.layout);
  if (syntax.itemName !== undefined && !isOnlyText(types)) {
    const json = yield* readNested(source, value, syntax);
    if (json !== undefined) yield argumentsPiece(json);
    return json !== undefined;
  }
  const closed = closingOf(syntax, value.name);
  return syntax.strings === 'json' && (yield* isBegun(source, /^["{[]/))
    ? yield* readJsonValue(source, closed)
    : yield* readMarkedValue(source, { ...value, types }, closed);
}

/** Returns true if the text that comes next matches a pattern of one character. */
function* isBegun(source: Source, pattern: RegExp): Reading<boolean> {
  yield* source.skipSpace();
  return pattern.test(source.rest);
}

/** Reads a value by its quotes and brackets, and the mark after it. Returns false if it is incomplete. */
function* readJsonValue(source: Source, { close }: ParameterSyntax): Reading<boolean> {
  if (!(yield* source.streamJson(argumentsPiece))) return false;
  yield* takeClosing(source, close);
  return !source.starved;
}

function* readMarkedValue(
  source: Source,
  { types, kind, missing }: Argument & { readonly types: ReadonlySet<JsonType> | undefined },
  syntax: ParameterSyntax,
): Reading<boolean> {
  const quoted = yield* takeQuote(source, syntax);
  const closing = quoted ?? closingMarks(syntax, missing);
  return yield* readValue(source, types, quoted ? 'text' : kind, closing);
}

/** Reads the mark that begins quoted text. Returns the marks after that text; undefined if there is none. */
function* takeQuote(
  source: Source,
  { quote, layout, close }: ParameterSyntax,
): Reading<ClosingMarks | undefined> {
  if (quote === undefined || (yield* source.take(quote.open)) === undefined) return undefined;
  return new Map([quote.close + layout + close, quote.close + close].map((mark) => [mark, 0]));
}

/** Marks after a value, each with the length of its part that belongs to what follows. */
type ClosingMarks = ReadonlyMap<string, number>;

/**
 * Marks after a value. Models sometimes forget `close`: the value then ends at another declared parameter, or at the
 * end of the call if that is certain.
 *
 * @param missing declared parameters without a value so far
 */
function closingMarks(syntax: ParameterSyntax, missing: ReadonlySet<string>): ClosingMarks {
  const { open, nameEnds, layout, close, end, afterEnd = [] } = syntax;
  if (close === '') return new Map(followingMarks(syntax).map((mark) => [mark, mark.length]));
  const following = [
    ...[...missing].flatMap((name) => nameEnds.map(({ mark }) => open + name + mark)),
    ...afterEnd.map((after) => `${end}\n${after}`),
  ];
  return new Map([
    [layout + close, 0],
    [close, 0],
    ...following.flatMap((mark) => [
      [`\n${mark}`, mark.length] as const,
      [mark, mark.length] as const,
    ]),
  ]);
}

function* readValue(
  source: Source,
  types: ReadonlySet<JsonType> | undefined,
  kind: ValueKind | undefined,
  closing: ClosingMarks,
): Reading<boolean> {
  const marks = [...closing.keys()];
  let mark: string | undefined;
  if (kind === 'text' || (kind === undefined && isOnlyText(types))) {
    mark = yield* streamText(source, marks);
  } else {
    const value = yield* source.readUntil(...marks);
    if (value !== undefined) yield argumentsPiece(toJson(value.text, types));
    mark = value?.mark;
  }
  if (mark === undefined) return false;
  source.rewind(source.place - (closing.get(mark) ?? 0));
  return true;
}

/** Reads raw text and the mark after it, and streams the text as a JSON string. Returns the mark. */
export function* streamText(source: Source, marks: readonly string[]): Reading<string | undefined> {
  yield argumentsPiece('"');
  const found = yield* source.streamUntil(marks, insideString);
  if (found !== undefined) yield argumentsPiece('"');
  return found?.mark;
}

function insideString(text: string): OutputPiece {
  return argumentsPiece(JSON.stringify(text).slice(1, -1));
}

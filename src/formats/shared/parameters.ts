import type { CallableTool } from '../format.ts';
import { Source } from './reader.ts';
import type { OutputPiece, Reading } from './reader.ts';
import { argumentsPiece, takeClosing } from './calls.ts';
import { parametersOf, typesOf, typesOfValue } from './parameter-schemas.ts';
import type { JsonType } from '../../core/json.ts';
import { readPythonValue } from './python-values.ts';

/** Form of a value: raw text or JSON. */
export type ValueKind = 'text' | 'json';

export interface NameEnd {
  readonly mark: string;
  readonly kind?: ValueKind;
}

/** Syntax of separate arguments, such as `<parameter=city>\nParis\n</parameter>\n`. */
export interface ParameterSyntax {
  /** Text before the name. */
  readonly open: string;
  /** Texts between name and value. If one determines the form of the value, that form is used. */
  readonly nameEnds: readonly NameEnd[];
  /** Texts that models sometimes write there, although the template does not. */
  readonly looseNameEnds?: readonly NameEnd[];
  /** White space between `nameEnds` and the value, and between the value and `close`. */
  readonly layout: '' | '\n';
  readonly close: string;
  /** Text after `close` and the name, if the closing mark repeats the name. */
  readonly closeEnd?: string;
  /** White space after `close`. */
  readonly separator: '' | '\n';
  /** Text after the last argument, in place of `open`. */
  readonly end: string;
  /** Texts after `end`. If `end` is missing, one of them ends the call. */
  readonly afterEnd?: readonly string[];
}

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
  const ends = [...nameEnds, ...looseNameEnds];
  const missing = new Set(parameters.keys());
  for (let count = 0; ; count++) {
    const mark = yield* takeClosing(source, syntax.open, syntax.end, ...afterEnd);
    if (mark === undefined) return false;
    if (mark !== syntax.open) {
      if (mark !== syntax.end) source.rewind(source.place - mark.length);
      yield argumentsPiece(count === 0 ? '{}' : '}');
      yield { type: 'call-end' };
      return true;
    }
    const name = yield* source.readUntil(...ends.map((end) => end.mark));
    if (name === undefined) return false;
    yield argumentsPiece(`${count === 0 ? '{' : ', '}${JSON.stringify(name.text)}: `);
    missing.delete(name.text);
    const kind = ends.find(({ mark: end }) => end === name.mark)?.kind;
    const types = typesOf(parameters.get(name.text)?.schemas ?? [{}]);
    if (syntax.layout !== '') yield* source.take(syntax.layout);
    const closing = closingMarks(closingOf(syntax, name.text), missing);
    if (!(yield* readValue(source, types, kind, closing))) return false;
  }
}

/** The syntax of one argument: with its name in the closing mark, if that repeats it. */
function closingOf(syntax: ParameterSyntax, name: string): ParameterSyntax {
  const { close, closeEnd } = syntax;
  return closeEnd === undefined ? syntax : { ...syntax, close: close + name + closeEnd };
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
  const onlyText = types !== undefined && [...types].every((type) => type === 'string');
  let mark: string | undefined;
  if (kind === 'text' || (kind === undefined && onlyText)) {
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

/**
 * Converts a value to JSON: unchanged if it is JSON, else as a string.
 *
 * @param types allowed types; undefined for any
 */
export function toJson(text: string, types: ReadonlySet<JsonType> | undefined): string {
  const json = text.trim();
  const found = typesOfJson(json);
  if (found === undefined) return pythonToJson(json, types) ?? JSON.stringify(text);
  const fits = types === undefined || found.some((type) => types.has(type));
  // A value of a wrong type stays JSON for the later validation, unless text is allowed.
  return fits || !types.has('string') ? json : JSON.stringify(text);
}

/**
 * Converts a Python literal to JSON; undefined if it is none, or of a type that is not allowed. Some templates
 * render past arguments as Python, such as `True` or `{'a': None}`, and models imitate them.
 */
function pythonToJson(text: string, types: ReadonlySet<JsonType> | undefined): string | undefined {
  const source = new Source();
  // The line break ends a last word.
  source.feed(`${text}\n`);
  source.end();
  const reading = readPythonValue(source);
  let json = '';
  for (;;) {
    const step = reading.next();
    if (step.done === true) {
      if (!step.value || source.rest.trim() !== '') return undefined;
      break;
    }
    if (step.value?.type === 'call-json') json += step.value.json;
  }
  return typesOfJson(json)?.some((type) => types?.has(type)) === true ? json : undefined;
}

function typesOfJson(json: string): readonly JsonType[] | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typesOfValue(value);
  } catch {
    return undefined;
  }
}

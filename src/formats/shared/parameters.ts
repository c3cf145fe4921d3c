import type { CallableTool } from '../format.ts';
import { Source } from './reader.ts';
import type { OutputPiece, Reading } from './reader.ts';
import { argumentsPiece, takeClosing } from './calls.ts';
import { parametersOf, typesOf, typesOfValue } from './parameter-schemas.ts';
import type { JsonType } from './parameter-schemas.ts';
import { readPythonValue } from './python-values.ts';

/** How a value is written: as raw text, or as JSON. */
export type ValueKind = 'text' | 'json';

export interface NameEnd {
  readonly mark: string;
  readonly kind?: ValueKind;
}

/** How a family writes arguments one by one, such as `<parameter=city>\nParis\n</parameter>\n`. */
export interface ParameterSyntax {
  /** Stands before the name. */
  readonly open: string;
  /** What stands between name and value; where it tells how the value is written, that counts. */
  readonly nameEnds: readonly NameEnd[];
  /** What models write there at times, though the template does not. */
  readonly looseNameEnds?: readonly NameEnd[];
  /** White space between `nameEnds` and the value, and between the value and `close`. */
  readonly layout: '' | '\n';
  readonly close: string;
  /** White space behind `close`. */
  readonly separator: '' | '\n';
  /** Stands behind the last argument, in the place of `open`. */
  readonly end: string;
}

/**
 * Reads the arguments of a call up to the end of them and past it, as one JSON object: raw text is
 * streamed while it comes, other values as a whole. Ends the call if they are complete.
 *
 * @returns whether they are
 */
export function* readParameters(
  source: Source,
  tool: CallableTool,
  syntax: ParameterSyntax,
): Reading<boolean> {
  const parameters = new Map(parametersOf(tool).map((parameter) => [parameter.name, parameter]));
  const ends = [...syntax.nameEnds, ...(syntax.looseNameEnds ?? [])];
  for (let count = 0; ; count++) {
    const mark = yield* takeClosing(source, syntax.open, syntax.end);
    if (mark === syntax.end) {
      yield argumentsPiece(count === 0 ? '{}' : '}');
      yield { type: 'call-end' };
      return true;
    }
    if (mark === undefined) return false;
    const name = yield* source.readUntil(...ends.map((end) => end.mark));
    if (name === undefined) return false;
    yield argumentsPiece(`${count === 0 ? '{' : ', '}${JSON.stringify(name.text)}: `);
    const kind = ends.find(({ mark: end }) => end === name.mark)?.kind;
    const types = typesOf(parameters.get(name.text)?.schemas ?? [{}]);
    if (!(yield* readValue(source, types, kind, syntax))) return false;
  }
}

function* readValue(
  source: Source,
  types: ReadonlySet<JsonType> | undefined,
  kind: ValueKind | undefined,
  { layout, close }: ParameterSyntax,
): Reading<boolean> {
  if (layout !== '') yield* source.take(layout);
  const onlyText = types !== undefined && [...types].every((type) => type === 'string');
  // An empty layout would make the mark twice the same.
  const marks = layout === '' ? [close] : [layout + close, close];
  if (kind === 'text' || (kind === undefined && onlyText)) {
    return yield* streamText(source, marks);
  }
  const value = yield* source.readUntil(...marks);
  if (value === undefined) return false;
  yield argumentsPiece(toJson(value.text, types));
  return true;
}

/** Streams raw text up to a mark and past it, as a JSON string; gives whether the mark came. */
export function* streamText(source: Source, marks: readonly string[]): Reading<boolean> {
  yield argumentsPiece('"');
  if ((yield* source.streamUntil(marks, insideString)) === undefined) return false;
  yield argumentsPiece('"');
  return true;
}

function insideString(text: string): OutputPiece {
  return argumentsPiece(JSON.stringify(text).slice(1, -1));
}

/**
 * A value as JSON: as it stands where it is that, else as a string.
 *
 * @param types the types that it may have; undefined for any
 */
export function toJson(text: string, types: ReadonlySet<JsonType> | undefined): string {
  const json = text.trim();
  const found = typesOfJson(json);
  if (found === undefined) return pythonToJson(json, types) ?? JSON.stringify(text);
  const fits = types === undefined || found.some((type) => types.has(type));
  // A value that no type fits is left to whoever checks it, unless text was possible.
  return fits || !types.has('string') ? json : JSON.stringify(text);
}

/**
 * Some templates show arguments of the past as Python writes them, and models do the same then: `True`,
 * `{'a': None}`. Undefined where it is nothing like that, or of a type that it may not have.
 */
function pythonToJson(text: string, types: ReadonlySet<JsonType> | undefined): string | undefined {
  const source = new Source();
  // A word ends only before something else.
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

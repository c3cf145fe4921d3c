import type { JsonObject } from '../../core/json.ts';
import { isJsonObject } from '../../core/json.ts';
import { alternativesOf, typesOf } from './parameter-schemas.ts';
import type { ParameterSyntax } from './parameter-syntax.ts';
import { isOnlyText, toJson } from './parameter-values.ts';
import type { Reading, Source } from './reader.ts';

/** Levels of values in values. A deeper value is incomplete. */
const MAX_DEPTH = 64;

/** A value that may have values inside, each in marks with a name. */
export interface NestedValue {
  readonly name: string;
  /** Alternative schemas for the value, with references resolved. */
  readonly schemas: readonly JsonObject[];
  /** Schema to which their references refer. */
  readonly document: JsonObject;
}

/**
 * Reads a value and its closing mark: plain text, or an object or list whose members are in marks as the
 * arguments are, such as `<tags><item>a</item><item>b</item></tags>`. Returns it as JSON; undefined if it is
 * incomplete.
 */
export function* readNested(
  source: Source,
  value: NestedValue,
  syntax: ParameterSyntax,
  depth = 0,
): Reading<string | undefined> {
  if (depth > MAX_DEPTH) return undefined;
  const close = syntax.close + value.name + (syntax.closeEnd ?? '');
  const types = typesOf(value.schemas);
  const place = source.place;
  if (types === undefined || types.has('object') || types.has('array')) {
    yield* source.skipSpace();
    const mark = yield* source.take(close, syntax.open);
    if (mark === close) return emptyValue(types);
    if (mark !== undefined) return yield* readMembers(source, value, { syntax, close, depth });
    if (source.starved) return undefined;
    source.rewind(place);
  }
  const text = yield* source.readUntil(close);
  if (text === undefined) return undefined;
  return isOnlyText(types) ? JSON.stringify(text.text) : toJson(text.text, types);
}

interface Inside {
  readonly syntax: ParameterSyntax;
  readonly close: string;
  readonly depth: number;
}

/** Reads the values inside a value, after the opening mark of the first one. */
function* readMembers(
  source: Source,
  value: NestedValue,
  { syntax, close, depth }: Inside,
): Reading<string | undefined> {
  const members: { readonly name: string; readonly json: string }[] = [];
  for (;;) {
    const name = yield* source.readUntil(...syntax.nameEnds.map(({ mark }) => mark));
    if (name === undefined) return undefined;
    const member = { ...value, name: name.text, schemas: schemasOf(value, name.text, syntax) };
    const json = yield* readNested(source, member, syntax, depth + 1);
    if (json === undefined) return undefined;
    members.push({ name: name.text, json });
    yield* source.skipSpace();
    const mark = yield* source.take(close, syntax.open);
    if (mark === undefined) return undefined;
    if (mark !== close) continue;
    const isList =
      members.every((one) => one.name === syntax.itemName) &&
      typesOf(value.schemas)?.has('array') !== false;
    if (isList) return `[${members.map((one) => one.json).join(', ')}]`;
    return `{${members.map((one) => `${JSON.stringify(one.name)}: ${one.json}`).join(', ')}}`;
  }
}

function schemasOf(
  { schemas, document }: NestedValue,
  name: string,
  { itemName }: ParameterSyntax,
): readonly JsonObject[] {
  const found = schemas.flatMap(({ properties, items }) => {
    const own = isJsonObject(properties) ? properties[name] : undefined;
    const schema = own ?? (name === itemName ? items : undefined);
    return schema === undefined ? [] : alternativesOf(schema, document);
  });
  return found.length === 0 ? [{}] : found;
}

function emptyValue(types: ReturnType<typeof typesOf>): string {
  if (types === undefined || types.has('string')) return '""';
  if (types.has('array')) return '[]';
  return types.has('object') ? '{}' : '""';
}

import { isRecord, parseJson } from '../../core/json.ts';
import type { JsonValue } from '../../core/json.ts';
import { JsonScan } from '../shared/json-scan.ts';
import type { CallBody, OtherMember } from './layout.ts';
import { SLOT } from './layout.ts';
import type { FoundCall } from './found-call.ts';
import { PROBED } from './observations.ts';

interface ObjectSpan {
  readonly value: Readonly<Record<string, unknown>>;
  readonly from: number;
  readonly to: number;
}

/** Braces of a rendering that are tried as the beginning of an object. */
const MOST_OBJECTS = 40;

/** A call whose arguments are a JSON object with this value, at or after a place. */
export function findObject(region: string, start: number, value: string): FoundCall | undefined {
  const place = region.indexOf(value, start);
  // The innermost object is the first that ends after the value, from the value backwards.
  const around = objectsBefore(region, start, place).filter(({ to }) => to > place);
  const input = around.find((span) => span.value[PROBED.key] === value);
  const outer = input === undefined ? around : around.slice(around.indexOf(input) + 1);
  const named = outer.flatMap((span) => {
    const body = objectBody(region, span, value);
    return body === undefined ? [] : [{ body, from: span.from, to: span.to }];
  });
  return named[0] ?? (input && findNamed(region, start, input));
}

/** The name before the arguments, and what is between the two. */
function findNamed(region: string, start: number, input: ObjectSpan): FoundCall | undefined {
  const from = region.lastIndexOf(PROBED.tool, input.from);
  if (from < start) return undefined;
  const between = region.slice(from + PROBED.tool.length, input.from);
  return { body: { style: 'json', between }, from, to: input.to };
}

/** The objects that begin before a place, the last first. */
function objectsBefore(region: string, start: number, place: number): readonly ObjectSpan[] {
  const spans: ObjectSpan[] = [];
  let from = region.lastIndexOf('{', place);
  for (let tried = 0; from >= start && tried < MOST_OBJECTS; tried++) {
    const span = objectAt(region, from);
    if (span !== undefined) spans.push(span);
    from = from === 0 ? -1 : region.lastIndexOf('{', from - 1);
  }
  return spans;
}

function objectAt(region: string, from: number): ObjectSpan | undefined {
  const text = region.slice(from);
  const to = from + new JsonScan().advance(text);
  try {
    const value: unknown = JSON.parse(region.slice(from, to));
    return isRecord(value) ? { value, from, to } : undefined;
  } catch {
    return undefined;
  }
}

/** The layout of an object that has name and arguments as its members. */
function objectBody(region: string, span: ObjectSpan, value: string): CallBody | undefined {
  const entries = Object.entries(span.value);
  const isInput = (item: unknown) => recordOf(item)?.[PROBED.key] === value;
  const inputAt = entries.findIndex(([, item]) => isInput(item));
  const inputKey = entries[inputAt]?.[0];
  if (inputKey === undefined) return undefined;
  if (inputKey === PROBED.tool && entries.length === 1) return { style: 'keyed' };
  const nameAt = entries.findIndex(([, item]) => item === PROBED.tool);
  const nameKey = entries[nameAt]?.[0];
  if (nameKey === undefined) return undefined;
  const others = entries.flatMap(([key, item], index) =>
    key === nameKey || key === inputKey ? [] : [otherMember(key, item, index < nameAt)],
  );
  const name = region.indexOf(`"${PROBED.tool}"`, span.from);
  return {
    style: 'object',
    nameKey,
    inputKey,
    others,
    lead: region.slice(span.from, name),
    ...(inputAt < nameAt && { isInputFirst: true }),
  };
}

/** An object, also one that is JSON in a text. */
function recordOf(item: unknown): Readonly<Record<string, unknown>> | undefined {
  const value = typeof item === 'string' ? parseJson(item) : item;
  return isRecord(value) ? value : undefined;
}

function otherMember(key: string, item: unknown, isBefore: boolean): OtherMember {
  const place = isBefore ? 'before' : 'after';
  if (item === SLOT.id) return { key, place, value: { slot: 'id' } };
  return { key, place, value: { constant: constantOf(item) } };
}

/** A constant of the template; anything but a text, number or constant of JSON is left out of calls. */
function constantOf(item: unknown): JsonValue {
  return typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean'
    ? item
    : null;
}

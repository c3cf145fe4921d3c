import type { JsonObject } from '../core/json.ts';
import { literal, oneOf } from './gbnf.ts';
import type { GrammarRules } from './gbnf.ts';
import { countedEntries } from './counted-entries.ts';
import { countedMembers } from './counted-members.ts';
import { bracketed, followed } from './entries.ts';
import type { Entries } from './entries.ts';
import { colon, object, separator } from './json.ts';
import { keyExcept } from './keys.ts';
import {
  arrayAt,
  countBounds,
  isSchema,
  objectAt,
  schemaAt,
  schemasAt,
  unevaluated,
} from './schema.ts';
import type { Conjunction, SchemaPlace, Schema, ValueCompiler } from './schema.ts';

/** A property that the schema names. */
interface Member {
  readonly name: string;
  readonly schemas: readonly Schema[];
  readonly required: boolean;
}

/**
 * Expression for objects; undefined if no object is valid. Known properties are in the schema's order, so
 * that the grammar grows with the number of properties and not with the number of their permutations.
 * Models see the properties in this order, and write them in it.
 *
 * Others come after them. In arguments, a schema that has properties and does not mention others excludes
 * others: see `GrammarRules.forArguments`. A schema without properties accepts any object.
 */
export function objectExpression(
  schemas: Conjunction,
  place: SchemaPlace,
  rules: GrammarRules,
  compiler: ValueCompiler,
): string | undefined {
  const members = membersOf(schemas);
  const { least, most } = countBounds(schemas, 'Properties');
  const notEmpty = least > 0;
  const hasPatterns = schemas.some((schema) => schema['patternProperties'] !== undefined);
  const describes = hasPatterns || members.some((member) => !member.schemas.includes(false));
  const extra = extraSchemas(schemas, describes && rules.isForArguments);
  if (
    members.length === 0 &&
    extra?.length === 0 &&
    !notEmpty &&
    most === Infinity &&
    !hasPatterns &&
    schemasAt(schemas, 'propertyNames').length === 0
  )
    return object(rules);
  const others = otherEntries(schemas, members, extra, place, rules, compiler);
  const counted = countedObject(schemas, members, others, place, rules, compiler);
  if (counted !== undefined) return counted.expression;
  const comma = separator(rules);
  const more = others.map((entry) => `${entry} (${comma} ${oneOf(others)})*`);
  let entries: Entries = {
    some: more.length > 0 ? rules.define(`${place.name}-more`, more.join(' | ')) : undefined,
    mayBeNone: true,
  };
  for (const member of members.toReversed()) {
    const valid = compiler.compile(member.schemas, placeOf(member, place));
    if (valid === undefined && member.required) return undefined;
    if (valid === undefined) continue;
    const entry = `${literal(JSON.stringify(member.name))} ${colon(rules)} ${valid}`;
    entries = prepend(entry, member, entries, place, rules);
  }
  if (!notEmpty) return bracketed('{}', entries, rules);
  return entries.some && bracketed('{}', { ...entries, mayBeNone: false }, rules);
}

function membersOf(schemas: Conjunction): readonly Member[] {
  const required = new Set(
    schemas.flatMap((schema) =>
      arrayAt(schema, 'required').filter((name) => typeof name === 'string'),
    ),
  );
  const known = schemas.flatMap((schema) => Object.keys(objectAt(schema, 'properties')));
  return [...new Set([...known, ...required])].map((name) => ({
    name,
    schemas: schemas.flatMap((schema) => memberSchemas(schema, name)),
    required: required.has(name),
  }));
}

/** Schemas that one schema has for a property, which it may not list itself. */
function memberSchemas(schema: JsonObject, name: string): readonly Schema[] {
  const properties = objectAt(schema, 'properties');
  const own = Object.hasOwn(properties, name) ? schemaAt(properties, name) : undefined;
  if (own !== undefined) return [own];
  const extra = schemaAt(schema, 'additionalProperties');
  // Patterns of a client are never run against names: they could be slow on purpose.
  return extra === undefined || schema['patternProperties'] !== undefined ? [] : [extra];
}

const STRING: JsonObject = { type: 'string' };

/** Schemas of further properties; undefined if further properties are not allowed. */
function extraSchemas(schemas: Conjunction, hasMembers: boolean): readonly Schema[] | undefined {
  const said = [
    ...schemasAt(schemas, 'additionalProperties'),
    ...unevaluated(schemas, 'Properties', ['additionalProperties']),
  ];
  if (said.length > 0 || schemasAt(schemas, 'unevaluatedProperties').length > 0) return said;
  return hasMembers || prefixesOf(schemas) === undefined ? undefined : [];
}

/** Prefixes of the names that `patternProperties` match; undefined if a pattern is more than a prefix. */
function prefixesOf(schemas: Conjunction): readonly string[] | undefined {
  const patterns = schemas.flatMap((schema) => Object.keys(objectAt(schema, 'patternProperties')));
  const prefixes = patterns.flatMap((pattern) => /^\^([\w -]+)$/.exec(pattern)?.[1] ?? []);
  return prefixes.length === patterns.length ? prefixes : undefined;
}

/** Expressions for entries whose names are not in the schema. */
function otherEntries(
  schemas: Conjunction,
  members: readonly Member[],
  extra: readonly Schema[] | undefined,
  place: SchemaPlace,
  rules: GrammarRules,
  compiler: ValueCompiler,
): readonly string[] {
  const inside = { ...place, depth: place.depth + 1, forcedBy: new Set<string>() };
  const keyRules = schemasAt(schemas, 'propertyNames');
  const anyKey = (): string | undefined =>
    keyRules.length > 0
      ? compiler.compile([STRING, ...keyRules], { ...inside, name: `${place.name}-key` })
      : keyExcept(
          members.map(({ name }) => name),
          rules,
          prefixesOf(schemas) ?? [],
        );
  const patterns = schemas.flatMap((schema) =>
    Object.entries(objectAt(schema, 'patternProperties')),
  );
  const kinds = [
    ...patterns.map(([pattern, valid]) => ({
      key: () =>
        compiler.compile([{ type: 'string', pattern }], { ...inside, name: `${place.name}-key` }),
      valid: isSchema(valid) ? [valid] : [],
    })),
    ...(extra === undefined ? [] : [{ key: anyKey, valid: extra }]),
  ];
  return kinds.flatMap(({ key, valid }) => {
    const expression = compiler.compile(valid, { ...inside, name: `${place.name}-other` });
    const name = expression && key();
    return name
      ? [rules.define(`${place.name}-entry`, `${name} ${colon(rules)} ${expression}`)]
      : [];
  });
}

/** Properties and others by their number, if it is bounded; undefined if the states are too many for rules. */
function countedObject(
  schemas: Conjunction,
  members: readonly Member[],
  others: readonly string[],
  place: SchemaPlace,
  rules: GrammarRules,
  compiler: ValueCompiler,
): { readonly expression: string | undefined } | undefined {
  const { least, most } = countBounds(schemas, 'Properties');
  if (least <= 1 && (most === Infinity || (others.length === 0 && most >= members.length)))
    return undefined;
  const entries = members.flatMap((member) => {
    const valid = compiler.compile(member.schemas, placeOf(member, place));
    if (valid === undefined && !member.required) return [];
    const entry = valid && `${literal(JSON.stringify(member.name))} ${colon(rules)} ${valid}`;
    return [{ entry, required: member.required }];
  });
  const listed = countedEntries(
    countedMembers(entries, others, { least, most }),
    place.name,
    rules,
  );
  if (listed === undefined) return undefined;
  return { expression: listed.isPossible ? bracketed('{}', listed, rules) : undefined };
}

function placeOf({ name, required }: Member, place: SchemaPlace): SchemaPlace {
  return {
    name,
    depth: place.depth + 1,
    forcedBy: required ? place.forcedBy : new Set<string>(),
  };
}

function prepend(
  entry: string,
  { name, required }: Member,
  following: Entries,
  place: SchemaPlace,
  rules: GrammarRules,
): Entries {
  const sequence = followed(entry, following, rules);
  const mayBeNone = !required && following.mayBeNone;
  if (following.some === undefined) return { some: sequence, mayBeNone };
  // A separate rule, because an optional property before this one refers to it twice.
  const body = required ? sequence : `${sequence} | ${following.some}`;
  return { some: rules.define(`${place.name}-${name}-on`, body), mayBeNone };
}

import type { JsonObject } from '../core/json.ts';
import { literal, oneOf } from './gbnf.ts';
import type { GrammarRules } from './gbnf.ts';
import { bracketed, followed } from './entries.ts';
import type { Entries } from './entries.ts';
import { colon, object, separator } from './json.ts';
import { keyExcept } from './keys.ts';
import { arrayAt, countBounds, isSchema, objectAt, schemaAt, schemasAt } from './schema.ts';
import type { Conjunction, Place, Schema, ValueCompiler } from './schema.ts';

/** A property that the schema names. */
interface Member {
  readonly name: string;
  readonly schemas: readonly Schema[];
  readonly required: boolean;
}

/**
 * An expression for objects; undefined where none is valid. Known properties come in the order in which
 * the schema has them, so that the grammar grows with their number only, not with that of their orders;
 * it is the order that models were shown, and write.
 *
 * Where the schema has properties and says nothing about others, there are none: JSON Schema would take
 * them, but arguments that a model invents help no tool. An object about whose properties nothing is
 * said is any object.
 */
export function objectExpression(
  schemas: Conjunction,
  place: Place,
  rules: GrammarRules,
  compiler: ValueCompiler,
): string | undefined {
  const members = membersOf(schemas);
  const notEmpty = countBounds(schemas, 'Properties').least > 0;
  const extra = extraSchemas(schemas, members.length > 0);
  if (
    members.length === 0 &&
    extra?.length === 0 &&
    !notEmpty &&
    schemasAt(schemas, 'propertyNames').length === 0
  )
    return object(rules);
  const others = otherEntries(schemas, members, extra, place, rules, compiler);
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

/** What one schema says about a property, which may be a further one to it. */
function memberSchemas(schema: JsonObject, name: string): readonly Schema[] {
  const properties = objectAt(schema, 'properties');
  const own = Object.hasOwn(properties, name) ? schemaAt(properties, name) : undefined;
  if (own !== undefined) return [own];
  const extra = schemaAt(schema, 'additionalProperties');
  // Whether a pattern matches the name is not looked at, so that no foreign pattern is ever run.
  return extra === undefined || schema['patternProperties'] !== undefined ? [] : [extra];
}

const STRING: JsonObject = { type: 'string' };

/** What further properties must be; undefined where there are none. */
function extraSchemas(schemas: Conjunction, hasMembers: boolean): readonly Schema[] | undefined {
  const said = [
    ...schemasAt(schemas, 'additionalProperties'),
    ...schemasAt(schemas, 'unevaluatedProperties'),
  ];
  if (said.length > 0) return said;
  const closed = hasMembers || schemas.some((schema) => schema['patternProperties'] !== undefined);
  return closed ? undefined : [];
}

/** Expressions for the entries that the schema does not name. */
function otherEntries(
  schemas: Conjunction,
  members: readonly Member[],
  extra: readonly Schema[] | undefined,
  place: Place,
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

function placeOf({ name, required }: Member, place: Place): Place {
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
  place: Place,
  rules: GrammarRules,
): Entries {
  const sequence = followed(entry, following, rules);
  const mayBeNone = !required && following.mayBeNone;
  if (following.some === undefined) return { some: sequence, mayBeNone };
  // A rule of its own, as an optional property before this one names what follows twice.
  const body = required ? sequence : `${sequence} | ${following.some}`;
  return { some: rules.define(`${place.name}-${name}-on`, body), mayBeNone };
}

import type { JsonObject, JsonValue } from '../core/json.ts';
import { countedArray, isCounted, isUnique } from './counted-items.ts';
import type { GrammarRules } from './gbnf.ts';
import { bracketed, followed } from './entries.ts';
import type { Entries } from './entries.ts';
import { separator } from './json.ts';
import { repeated } from './repetition.ts';
import { countBounds, isSchema, schemaAt, unevaluated } from './schema.ts';
import type { Conjunction, SchemaPlace, Schema, ValueCompiler } from './schema.ts';
import { largest } from '../core/lists.ts';

/** Limit of a tuple's written-out positions. Later ones are treated as the items after the tuple. */
const MOST_POSITIONS = 64;

/**
 * Expression for arrays; undefined if no array is valid. In arguments, a tuple has no further items unless the
 * schema describes them, as with the properties of objects.
 */
export function arrayExpression(
  schemas: Conjunction,
  place: SchemaPlace,
  rules: GrammarRules,
  compiler: ValueCompiler,
): string | undefined {
  const { least, most: highest } = countBounds(schemas, 'Items');
  const closed = rules.isForArguments;
  const longest = largest(
    schemas.map((schema) => tupleOf(schema).length),
    0,
  );
  const positions = Math.min(MOST_POSITIONS, longest, highest);
  const schemasAt = (index: number): readonly Schema[] => [
    ...schemas.flatMap((schema) => itemSchemas(schema, index, positions, closed)),
    ...(index < positions ? [] : unevaluated(schemas, 'Items', ['items', 'contains'])),
  ];
  const itemAt = (index: number, more: Schema = true): string | undefined =>
    compiler.compile([...schemasAt(index), more], {
      name: `${place.name}-item`,
      depth: place.depth + 1,
      forcedBy: index < least ? place.forcedBy : new Set<string>(),
    });
  const valuesAt = (index: number): readonly JsonValue[] | undefined =>
    isUnique(schemas) ? compiler.values(schemasAt(index)) : undefined;
  const distinct = positions === 0 ? (valuesAt(0)?.length ?? Infinity) : Infinity;
  const most = Math.min(highest, distinct);
  const { name } = place;
  const counted = isCounted(schemas)
    ? countedArray(schemas, { least, most, positions, name, itemAt, valuesAt }, rules)
    : undefined;
  if (counted !== undefined) return counted.expression;
  const bounds = { least: least - positions, most: most - positions };
  let entries = furtherItems(bounds.most > 0 ? itemAt(positions) : undefined, bounds, place, rules);
  for (let index = positions - 1; index >= 0; index--) {
    const item = itemAt(index);
    // If no value is valid at this position, there are no later positions either.
    const some = item && entries && followed(item, entries, rules);
    entries = some === undefined && index < least ? undefined : { some, mayBeNone: index >= least };
  }
  return entries && least <= most ? bracketed('[]', entries, rules) : undefined;
}

/** Items after the positions of a tuple; undefined if some are required but none is valid. */
function furtherItems(
  item: string | undefined,
  { least, most }: { readonly least: number; readonly most: number },
  place: SchemaPlace,
  rules: GrammarRules,
): Entries | undefined {
  if (item === undefined) return least > 0 ? undefined : { some: undefined, mayBeNone: true };
  // A separate rule keeps the grammar small: llama.cpp expands each repetition.
  const one = rules.define(`${place.name}-item`, item);
  const next = rules.define(`${place.name}-next`, `${separator(rules)} ${one}`);
  const more = repeated(next, { least: Math.max(0, least - 1), most: most - 1 });
  return { some: `${one} ${more}`.trimEnd(), mayBeNone: least <= 0 };
}

/** Schemas of a tuple's positions: `prefixItems`, or the array form of `items` in drafts before 2020. */
function tupleOf(schema: JsonObject): readonly Schema[] {
  const tuple = schema['prefixItems'] ?? schema['items'];
  return Array.isArray(tuple) ? tuple.filter(isSchema) : [];
}

/**
 * Schemas that one schema has for an item. The index after all tuples means every further item.
 *
 * @param closed a tuple has no further items unless the schema describes them
 */
function itemSchemas(
  schema: JsonObject,
  index: number,
  positions: number,
  closed: boolean,
): readonly Schema[] {
  const tuple = tupleOf(schema);
  const own = tuple[index];
  if (own !== undefined && index < positions) return [own];
  const further = schemaAt(schema, Array.isArray(schema['items']) ? 'additionalItems' : 'items');
  if (further !== undefined) return [further];
  return closed && tuple.length > 0 && index >= positions ? [false] : [];
}

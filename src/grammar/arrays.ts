import type { JsonObject } from '../core/json.ts';
import type { GrammarRules } from './gbnf.ts';
import { bracketed, followed } from './entries.ts';
import type { Entries } from './entries.ts';
import { separator } from './json.ts';
import { repeated } from './repetition.ts';
import { countBounds, isSchema, schemaAt } from './schema.ts';
import type { Conjunction, Place, Schema, ValueCompiler } from './schema.ts';
import { largest } from '../core/lists.ts';

/** A tuple's positions are written out: further ones are like the items behind it. */
const MOST_POSITIONS = 64;

/**
 * An expression for arrays; undefined where none is valid. Behind the positions of a tuple there is
 * nothing unless the schema says what, as with the properties of objects.
 */
export function arrayExpression(
  schemas: Conjunction,
  place: Place,
  rules: GrammarRules,
  compiler: ValueCompiler,
): string | undefined {
  const { least, most } = countBounds(schemas, 'Items');
  const longest = largest(
    schemas.map((schema) => tupleOf(schema).length),
    0,
  );
  const positions = Math.min(MOST_POSITIONS, longest, most);
  const itemAt = (index: number): string | undefined =>
    compiler.compile(
      schemas.flatMap((schema) => itemSchemas(schema, index, positions)),
      {
        name: `${place.name}-item`,
        depth: place.depth + 1,
        forcedBy: index < least ? place.forcedBy : new Set<string>(),
      },
    );
  const bounds = { least: least - positions, most: most - positions };
  let entries = furtherItems(bounds.most > 0 ? itemAt(positions) : undefined, bounds, place, rules);
  for (let index = positions - 1; index >= 0; index--) {
    const item = itemAt(index);
    // Where nothing can stand, nothing can follow either.
    const some = item && entries && followed(item, entries, rules);
    entries = some === undefined && index < least ? undefined : { some, mayBeNone: index >= least };
  }
  return entries && least <= most ? bracketed('[]', entries, rules) : undefined;
}

/** The items behind the positions of a tuple; undefined where there must be some and can't. */
function furtherItems(
  item: string | undefined,
  { least, most }: { readonly least: number; readonly most: number },
  place: Place,
  rules: GrammarRules,
): Entries | undefined {
  if (item === undefined) return least > 0 ? undefined : { some: undefined, mayBeNone: true };
  // A rule of its own, as llama.cpp writes out what is repeated.
  const one = rules.define(`${place.name}-item`, item);
  const next = rules.define(`${place.name}-next`, `${separator(rules)} ${one}`);
  const more = repeated(next, { least: Math.max(0, least - 1), most: most - 1 });
  return { some: `${one} ${more}`.trimEnd(), mayBeNone: least <= 0 };
}

/** The schemas of a tuple's positions: `prefixItems`, or `items` as before 2020. */
function tupleOf(schema: JsonObject): readonly Schema[] {
  const tuple = schema['prefixItems'] ?? schema['items'];
  return Array.isArray(tuple) ? tuple.filter(isSchema) : [];
}

/** What one schema says about an item; past all tuples, about all further ones. */
function itemSchemas(schema: JsonObject, index: number, positions: number): readonly Schema[] {
  const tuple = tupleOf(schema);
  const own = tuple[index];
  if (own !== undefined && index < positions) return [own];
  const further = schemaAt(schema, Array.isArray(schema['items']) ? 'additionalItems' : 'items');
  if (further !== undefined) return [further];
  return tuple.length > 0 && index >= positions ? [false] : [];
}

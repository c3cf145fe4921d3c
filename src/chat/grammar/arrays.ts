import type { JsonObject } from '../../core/json.ts';
import type { GrammarRules } from '../gbnf.ts';
import { separator, space } from './json.ts';
import { repeated } from './repetition.ts';
import { countBounds, isSchema, schemaAt } from './schema.ts';
import type { Conjunction, Place, Schema, ValueCompiler } from './schema.ts';

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
  if (least > most) return undefined;
  const positions = Math.min(
    MOST_POSITIONS,
    Math.max(0, ...schemas.map((one) => tupleOf(one).length)),
  );
  const at = (index: number, forced: boolean): string | undefined =>
    compiler.compile(
      schemas.flatMap((schema) => itemSchemas(schema, index, positions)),
      {
        name: `${place.name}-item`,
        depth: place.depth + 1,
        forcedBy: forced ? place.forcedBy : new Set<string>(),
      },
    );
  const [gap, comma] = [space(rules), separator(rules)];
  let items: string | undefined;
  let mayBeNone = true;
  const further = most > positions ? at(positions, least > positions) : undefined;
  if (further !== undefined) {
    const item = rules.define(`${place.name}-item`, further);
    const next = rules.define(`${place.name}-next`, `${comma} ${item}`);
    const bounds = { least: Math.max(0, least - positions - 1), most: most - positions - 1 };
    items = `${item} ${repeated(next, bounds)}`.trimEnd();
  }
  if (least > positions) {
    if (items === undefined) return undefined;
    mayBeNone = false;
  }
  for (let index = Math.min(positions, most) - 1; index >= 0; index--) {
    const item = at(index, index < least);
    if (item === undefined && index < least) return undefined;
    // Where nothing can stand here, nothing can follow it either.
    if (item === undefined) {
      items = undefined;
      mayBeNone = true;
      continue;
    }
    const listed = items === undefined ? '' : `${comma} ${items}`;
    items = `${item} ${mayBeNone && listed !== '' ? `(${listed})?` : listed}`.trimEnd();
    mayBeNone = index >= least;
  }
  if (items === undefined) return `"[" ${gap} "]"`;
  return `"[" ${gap} ${mayBeNone ? `(${items} ${gap})?` : `${items} ${gap}`} "]"`;
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

import type { JsonValue } from '../core/json.ts';
import { isJsonArray, isJsonObject } from '../core/json.ts';
import { excludedTexts, isAtom } from './negation.ts';
import { isWithinBounds } from './numbers.ts';
import { arrayAt, countBounds, numbersAt } from './schema.ts';
import type { Conjunction } from './schema.ts';

/** Largest distance of a quotient from a whole number, by the rounding of decimal fractions. */
const ROUNDING = 1e-9;

/**
 * Returns false for a value of `enum` or `const` that bounds, lengths, counts, `multipleOf`, `required` or a negation
 * exclude. Patterns and formats are not checked: a pattern of a client may take forever.
 */
export function isListedValid(one: JsonValue, schemas: Conjunction): boolean {
  if (typeof one === 'string') {
    // Lengths are numbers of code points.
    const length = one.replaceAll(/./gsu, '.').length;
    return isCounted(length, schemas, 'Length') && !excludedTexts(schemas).includes(one);
  }
  if (typeof one === 'number') return isValidNumber(one, schemas);
  if (isJsonArray(one)) return isCounted(one.length, schemas, 'Items');
  if (!isJsonObject(one)) return true;
  const required = schemas.flatMap((schema) => arrayAt(schema, 'required'));
  const hasAll = required.every((name) => typeof name !== 'string' || Object.hasOwn(one, name));
  return hasAll && isCounted(Object.keys(one).length, schemas, 'Properties');
}

function isValidNumber(one: number, schemas: Conjunction): boolean {
  const isWhole = Number.isInteger(one);
  const isFraction = schemas.some((schema) => isAtom(schema) && schema['type'] === 'number');
  const isMultiple = numbersAt(schemas, 'multipleOf').every((factor) => {
    const quotient = one / factor;
    return Math.abs(quotient - Math.round(quotient)) <= ROUNDING * Math.max(1, Math.abs(quotient));
  });
  return isMultiple && isWithinBounds(one, schemas) && !(isWhole && isFraction);
}

function isCounted(
  count: number,
  schemas: Conjunction,
  kind: 'Length' | 'Items' | 'Properties',
): boolean {
  const { least, most } = countBounds(schemas, kind);
  return count >= least && count <= most;
}

import type { JsonObject } from '../core/json.ts';
import { STRING_FORMATS } from './formats.ts';
import { GrammarRules } from './gbnf.ts';
import { parsePattern } from './pattern-parser.ts';
import type { Pattern } from './pattern-parser.ts';
import { patternExpression } from './patterns.ts';

interface Bounds {
  readonly least: number;
  readonly most: number;
}

const NO_BOUNDS: Bounds = { least: 0, most: Number.POSITIVE_INFINITY };

/** Lengths of formats whose values all have the same. */
const FORMAT_LENGTHS: ReadonlyMap<string, number> = new Map([
  ['date', 10],
  ['uuid', 36],
]);

/** Returns true if a grammar enforces a pattern. */
export function isHeldPattern(source: string): boolean {
  return patternExpression(source, NO_BOUNDS, new GrammarRules()) !== undefined;
}

/**
 * Bounds of the length that strings of a schema have if `minLength` and `maxLength` are ignored, because a
 * pattern or a format has precedence; undefined if the length is enforced.
 */
export function lengthBoundsBeside({ pattern, format }: JsonObject): Bounds | undefined {
  if (typeof pattern === 'string' && isHeldPattern(pattern)) {
    const parsed = parsePattern(pattern);
    if (parsed === undefined) return undefined;
    const options = parsed.kind === 'choice' ? parsed.options : [parsed];
    return options.every(isOneClass) ? undefined : widest(options.map(wholeBounds));
  }
  if (typeof format !== 'string' || !STRING_FORMATS.has(format)) return undefined;
  const length = FORMAT_LENGTHS.get(format);
  return length === undefined ? { ...NO_BOUNDS, least: 1 } : { least: length, most: length };
}

/** Returns true for a repeated character class between anchors, whose number a grammar bounds. */
function isOneClass(option: Pattern): boolean {
  const [start, repeat, end, ...more] = option.kind === 'sequence' ? option.items : [];
  if (start?.kind !== 'start' || end?.kind !== 'end' || more.length > 0) return false;
  return repeat?.kind === 'repeat' && repeat.item.kind === 'character';
}

/** Bounds of a string that matches a pattern anywhere, except at its anchors. */
function wholeBounds(option: Pattern): Bounds {
  const items = option.kind === 'sequence' ? option.items : [option];
  const isAnchored = items[0]?.kind === 'start' && items.at(-1)?.kind === 'end';
  const { least, most } = boundsOf(option);
  return { least, most: isAnchored ? most : NO_BOUNDS.most };
}

function widest(all: readonly Bounds[]): Bounds {
  return all.reduce((sum, { least, most }) => ({
    least: Math.min(sum.least, least),
    most: Math.max(sum.most, most),
  }));
}

function boundsOf(pattern: Pattern): Bounds {
  switch (pattern.kind) {
    case 'character':
      return { least: 1, most: 1 };
    case 'start':
    case 'end':
      return { least: 0, most: 0 };
    case 'repeat': {
      const { least, most } = boundsOf(pattern.item);
      const isEmpty = most === 0 || pattern.most === 0;
      return { least: least * pattern.least, most: isEmpty ? 0 : most * pattern.most };
    }
    case 'choice':
      return widest(pattern.options.map(boundsOf));
    case 'sequence':
      return pattern.items
        .map(boundsOf)
        .reduce((sum, { least, most }) => ({ least: sum.least + least, most: sum.most + most }), {
          least: 0,
          most: 0,
        });
    default:
      return pattern satisfies never;
  }
}

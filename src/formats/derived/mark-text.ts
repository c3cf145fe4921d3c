import type { GrammarRules } from '../../grammar/gbnf.ts';
import { literal } from '../../grammar/gbnf.ts';
import { defineSpace } from '../shared/call-list.ts';
import { readName } from '../shared/calls.ts';
import type { Reading, Source } from '../shared/reader.ts';
import type { Mark } from './layout.ts';
import { SLOT } from './layout.ts';
import { isSpecialToken, isTag, segmentsOf } from './segments.ts';

const SLOTS = new Set<string>(Object.values(SLOT));

/** Slots in a text, which splitting keeps. */
const SLOT_PATTERN = new RegExp(`([${[...SLOTS].join('')}])`, 'u');

/** GBNF of the text in place of a slot. */
const SLOT_RULES: Readonly<Record<string, string>> = {
  [SLOT.id]: '[a-zA-Z0-9_-]{1,64}',
  [SLOT.number]: '[0-9]{1,4}',
  [SLOT.name]: '[a-zA-Z0-9_-]{1,128}',
};

/** The parts of a mark between which white space is free: tags, slots, and other text without white space. */
function partsOf(mark: Mark): readonly string[] {
  const parts: string[] = [];
  let joins = false;
  for (const segment of mark.split(SLOT_PATTERN).flatMap(segmentsOf)) {
    const alone = isTag(segment) || SLOTS.has(segment);
    const blank = /^\s$/.test(segment);
    if (joins && !alone && !blank) parts.push((parts.pop() ?? '') + segment);
    else if (!blank) parts.push(segment);
    joins = !alone && !blank;
  }
  return parts;
}

/**
 * Reads past a mark, whatever white space is between its parts; false if it is not here. An id may
 * be missing with the part before it.
 */
export function* readMark(source: Source, mark: Mark): Reading<boolean> {
  const parts = partsOf(mark);
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index] ?? '';
    yield* source.skipSpace();
    if (SLOTS.has(part)) yield* readName(source);
    else if ((yield* source.take(part)) === undefined) {
      if (parts[index + 1] !== SLOT.id || source.starved) return false;
      index++;
    }
  }
  return true;
}

/** Reads past those parts of a closing mark that are here. */
export function* readClosing(source: Source, mark: Mark): Reading {
  for (const part of partsOf(mark)) {
    yield* source.skipSpace();
    if (SLOTS.has(part)) yield* readName(source);
    else yield* source.take(part);
  }
}

/** The expression of a mark: its own white space, or other, between its parts. */
export function markExpression(rules: GrammarRules, mark: Mark): string {
  const expressions: string[] = [];
  let rest = mark;
  for (const part of partsOf(mark)) {
    const at = rest.indexOf(part);
    const expression = `${gap(rules, rest.slice(0, at))} ${SLOT_RULES[part] ?? literal(part)}`;
    // An id may be missing with the part before it.
    expressions.push(part === SLOT.id ? `(${expressions.pop() ?? ''} ${expression})?` : expression);
    rest = rest.slice(at + part.length);
  }
  return [...expressions, rest === '' ? '' : gap(rules, rest)].join(' ');
}

/**
 * The same for what follows calls. A token at its end may count as the end of the turn, which no grammar
 * can demand, and further tokens may be the template's own.
 */
export function closingExpression(rules: GrammarRules, mark: Mark): string {
  const parts = partsOf(mark);
  const [first = '', ...others] = parts;
  if (first === '') return '';
  const space = defineSpace(rules);
  const required = isSpecialToken(first) && others.length === 0 ? '?' : '';
  return [
    `(${space} ${literal(first)})${required}`,
    ...others.map((part) => `(${space} ${SLOT_RULES[part] ?? literal(part)})?`),
  ].join(' ');
}

function gap(rules: GrammarRules, space: string): string {
  const usual = defineSpace(rules);
  return /^( |\n[ \t]{0,16})?$/.test(space) ? usual : `(${literal(space)} | ${usual})`;
}

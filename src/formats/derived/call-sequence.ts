import type { CallableTool } from '../format.ts';
import type { GrammarRules } from '../../grammar/gbnf.ts';
import { literal, oneOf } from '../../grammar/gbnf.ts';
import { defineSpace } from '../shared/call-list.ts';
import type { Reading, Source } from '../shared/reader.ts';
import { bodyExpression, readBody } from './call-bodies.ts';
import type { CallLayout, Mark } from './layout.ts';
import { lastPart } from './triggers.ts';
import { closingExpression, markExpression, readClosing, readMark } from './mark-text.ts';

/** Divider that models write between bare JSON calls, whatever their template has. */
const DIVIDER = ';';

function mayDivide({ body }: CallLayout, isBare: boolean): boolean {
  return isBare && body.style === 'object';
}

/** Reads what follows the first call: its end, further calls that have no trigger of their own, and the end of all. */
export function* readFurther(
  source: Source,
  tools: readonly CallableTool[],
  calls: CallLayout,
  isBare: boolean,
): Reading {
  for (;;) {
    while (yield* readInner(source, tools, calls));
    yield* readClosing(source, calls.call.close);
    const place = source.place;
    const more =
      (yield* readDivider(source, calls, isBare)) &&
      (yield* readMark(source, calls.call.open)) &&
      (yield* readBody(source, tools, calls.body, isBare));
    if (more) continue;
    if (source.starved) return;
    source.rewind(place);
    yield* readClosing(source, calls.section.close);
    return;
  }
}

/** Reads another call in the marks of the last one, which some models write. */
function* readInner(
  source: Source,
  tools: readonly CallableTool[],
  calls: CallLayout,
): Reading<boolean> {
  const open = innerOpen(calls);
  if (open === undefined) return false;
  const place = source.place;
  if ((yield* readMark(source, open)) && (yield* readBody(source, tools, calls.body))) return true;
  if (!source.starved) source.rewind(place);
  return false;
}

/** The mark of a call inside the marks around it; undefined if one pair of marks can't be around several calls. */
function innerOpen({ call, body }: CallLayout): Mark | undefined {
  if (call.close === '' || body.style !== 'parameters') return undefined;
  const open = lastPart(call.open);
  return open === '' || open === call.open.trim() ? undefined : open;
}

function* readDivider(source: Source, calls: CallLayout, isBare: boolean): Reading<boolean> {
  if (mayDivide(calls, isBare)) {
    yield* source.skipSpace();
    if ((yield* source.take(DIVIDER)) !== undefined) return true;
  }
  if (!goesOn(calls, isBare)) return false;
  const place = source.place;
  if (yield* readMark(source, calls.separator)) return true;
  if (!source.starved) source.rewind(place);
  return isListless(calls, isBare);
}

interface FurtherOptions {
  readonly parallel: boolean;
  /** Calls without a trigger. */
  readonly isBare?: boolean;
  /** The opening mark was left out, so that the closing one may be missing too. */
  readonly isPartial?: boolean;
}

/** The expression of the same. */
export function furtherExpression(
  rules: GrammarRules,
  tools: readonly CallableTool[],
  calls: CallLayout,
  { parallel, isBare = false, isPartial = false }: FurtherOptions,
): string {
  const closing = closingExpression(rules, calls.call.close);
  const close = isPartial && closing !== '' ? `(${closing})?` : closing;
  const space = defineSpace(rules);
  const dividers = [
    ...(mayDivide(calls, isBare) ? [`${literal(DIVIDER)} ${space}`] : []),
    ...(isListless(calls, isBare) ? [markExpression(rules, calls.call.open)] : []),
    ...(goesOn(calls, isBare) ? [markExpression(rules, calls.separator + calls.call.open)] : []),
  ];
  const body = bodyExpression(rules, tools, calls.body);
  const inner = parallel ? innerOpen(calls) : undefined;
  const others = inner === undefined ? '' : `(${space} ${markExpression(rules, inner)} ${body})*`;
  const more =
    parallel && dividers.length > 0
      ? `(${space} ${oneOf(dividers)} ${body} ${others} ${close})*`
      : '';
  const end = closingExpression(rules, calls.section.close);
  const last = mayDivide(calls, isBare) ? ` ${space}` : '';
  return `${others} ${close} ${more} ${isPartial && end !== '' ? `(${end})?` : end}${last}`;
}

/** True if calls may follow one another with nothing between them. */
function isListless(calls: CallLayout, isBare: boolean): boolean {
  return mayDivide(calls, isBare) && calls.section.open.trim() === '';
}

/** True if further calls may follow without a trigger of their own. */
function goesOn(calls: CallLayout, isBare: boolean): boolean {
  const { section, separator, parallel } = calls;
  return parallel && (mayDivide(calls, isBare) || (section.open + separator).trim() !== '');
}

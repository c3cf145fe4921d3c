import type { CallableTool } from '../format.ts';
import { literal, oneOf } from '../../grammar/gbnf.ts';
import type { GrammarRules } from '../../grammar/gbnf.ts';
import { defineSchema } from '../../grammar/json-schema.ts';
import type { Reading, Source } from './reader.ts';

/**
 * Reads calls in a JSON list, or a single one without brackets. Gives false, with nothing given, where
 * the first is no call; from a later one on that is none, what is left stays unread.
 *
 * @param readCall reads one call, and gives false where there is none
 * @param opened the opening bracket was read already
 */
export function* readCallList(
  source: Source,
  readCall: () => Reading<boolean>,
  opened = false,
): Reading<boolean> {
  if (!opened) {
    yield* source.skipSpace();
    if ((yield* source.take('[')) === undefined) return yield* readCall();
  }
  if (!(yield* readCall())) return false;
  for (;;) {
    const place = source.place;
    yield* source.skipSpace();
    if ((yield* source.take(',', ']')) !== ',') return true;
    if (!(yield* readCall())) {
      if (!source.starved) source.rewind(place);
      return true;
    }
  }
}

/** How models lay out JSON: on one line, or indented; never endless white space. */
const SPACE = String.raw`( " " | "\n" [ \t]{0,16} )?`;

/** A rule for the white space between JSON's marks. */
export function defineSpace(rules: GrammarRules): string {
  return rules.define('json-space', SPACE);
}

/** A list in brackets with one of the calls, or with several where that is allowed. */
export function listOf(rules: GrammarRules, call: string, parallel: boolean): string {
  return `${defineSpace(rules)} "[" ${restOfList(rules, call, parallel)}`;
}

/** The same behind its opening bracket. */
export function restOfList(rules: GrammarRules, call: string, parallel: boolean): string {
  const space = defineSpace(rules);
  const further = parallel ? `(${space} "," ${space} ${call})*` : '';
  return `${space} ${call} ${further} ${space} "]"`;
}

/** The keys that a call's object has, in this order. */
export interface CallMembers {
  readonly name: string;
  readonly input: string;
  /** What stands before the name, and behind the arguments, as GBNF. */
  readonly before?: string;
  readonly behind?: string;
}

/** A rule for one call of any of the tools, as a JSON object with valid arguments. */
export function defineJsonCall(
  rules: GrammarRules,
  tools: readonly CallableTool[],
  members: CallMembers,
): string {
  const space = defineSpace(rules);
  const calls = tools.map(
    (tool) => `${literal(JSON.stringify(tool.name))} ${restOfCall(rules, tool, members)}`,
  );
  const before = members.before === undefined ? '' : `${members.before} ${space}`;
  return rules.define(
    'call',
    `"{" ${space} ${before} ${memberKey(rules, members.name)} ${oneOf(calls)}`,
  );
}

/** What follows the name in the object of a tool's call. */
export function restOfCall(
  rules: GrammarRules,
  { name, inputSchema }: CallableTool,
  members: CallMembers,
): string {
  const space = defineSpace(rules);
  const input = defineSchema(rules, inputSchema);
  const body = `${space} "," ${space} ${memberKey(rules, members.input)} ${input}`;
  return rules.define(`call-${name}`, `${body} ${members.behind ?? ''} ${space} "}"`);
}

/** A key of an object with its colon. */
export function memberKey(rules: GrammarRules, key: string): string {
  const space = defineSpace(rules);
  return `${literal(JSON.stringify(key))} ${space} ":" ${space}`;
}

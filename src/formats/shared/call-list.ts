import type { CallableTool } from '../format.ts';
import { literal, oneOf } from '../../grammar/gbnf.ts';
import type { GrammarRules } from '../../grammar/gbnf.ts';
import { defineSchema } from '../../grammar/json-schema.ts';
import type { Reading, Source } from './reader.ts';

/**
 * Reads calls in a JSON list, or a single call without brackets. Returns false without yielding a piece if the
 * first item is not a call. Stops before a later item that is not a call.
 *
 * @param readCall reads one call; returns false if there is none
 * @param opened the opening bracket has been read
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

/** White space in JSON of models: on one line or indented, and bounded. */
const SPACE = String.raw`( " " | "\n" [ \t]{0,16} )?`;

/** Defines the rule for white space between JSON tokens. */
export function defineSpace(rules: GrammarRules): string {
  return rules.define('json-space', SPACE);
}

/** Expression for a list in brackets with one call, or with several if `parallel` is set. */
export function listOf(rules: GrammarRules, call: string, parallel: boolean): string {
  return `${defineSpace(rules)} "[" ${restOfList(rules, call, parallel)}`;
}

/**
 * Expression for such a list after its opening bracket.
 *
 * @param further expression for a later call, if the first one has already begun
 */
export function restOfList(
  rules: GrammarRules,
  call: string,
  parallel: boolean,
  further = call,
): string {
  const space = defineSpace(rules);
  const others = parallel ? `(${space} "," ${space} ${further})*` : '';
  return `${space} ${call} ${others} ${space} "]"`;
}

/** Keys in the object of a call, in this order. */
export interface CallMembers {
  readonly name: string;
  readonly input: string;
  /** GBNF before the name and after the arguments. */
  readonly before?: string;
  readonly after?: string;
  /** The arguments may be before the name too. */
  readonly isInputFirst?: true;
}

/** Defines a rule for one call of any of the tools, as a JSON object with valid arguments. */
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
  const named = `${memberKey(rules, members.name)} ${oneOf(calls)}`;
  const reversed = members.isInputFirst
    ? [
        `${memberKey(rules, members.input)} ${oneOf(tools.map((tool) => reversedCall(rules, tool, members)))}`,
      ]
    : [];
  return rules.define('call', `"{" ${space} ${before} ${oneOf([...reversed, named])}`);
}

/** Defines a rule for the rest of a call's object whose first member is its arguments. */
function reversedCall(
  rules: GrammarRules,
  { name, inputSchema }: CallableTool,
  members: CallMembers,
): string {
  const space = defineSpace(rules);
  const key = `${memberKey(rules, members.name)} ${literal(JSON.stringify(name))}`;
  const body = `${defineSchema(rules, inputSchema)} ${space} "," ${space} ${key}`;
  return rules.define(`reversed-${name}`, `${body} ${members.after ?? ''} ${space} "}"`);
}

/** Defines a rule for the rest of a call's object after the name. */
export function restOfCall(
  rules: GrammarRules,
  { name, inputSchema }: CallableTool,
  members: CallMembers,
): string {
  const space = defineSpace(rules);
  const input = defineSchema(rules, inputSchema);
  const body = `${space} "," ${space} ${memberKey(rules, members.input)} ${input}`;
  return rules.define(`call-${name}`, `${body} ${members.after ?? ''} ${space} "}"`);
}

/** Expression for a key of an object and its colon. */
export function memberKey(rules: GrammarRules, key: string): string {
  const space = defineSpace(rules);
  return `${literal(JSON.stringify(key))} ${space} ":" ${space}`;
}

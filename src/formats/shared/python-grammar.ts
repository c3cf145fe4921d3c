import type { JsonObject } from '../../core/json.ts';
import type { CallableTool } from '../format.ts';
import { literal, oneOf } from '../../grammar/gbnf.ts';
import type { GrammarRules } from '../../grammar/gbnf.ts';
import { defineSchema } from '../../grammar/json-schema.ts';
import { inAnyOrder } from './parameter-order.ts';
import {
  listedValues,
  ownTypes,
  parametersOf,
  standalone,
  takesAnything,
} from './parameter-schemas.ts';
import type { Parameter } from './parameter-schemas.ts';

const SEPARATOR = '", "';

/** Defines a rule for a Python call of a tool with keyword arguments, `name(key=value, …)`. */
export function definePythonCall(rules: GrammarRules, tool: CallableTool, open = '('): string {
  const inside = takesAnything(tool) ? anyArguments(rules) : listedArguments(rules, tool);
  const body = `${literal(tool.name + open)} ${inside} ")"`;
  return rules.define(`python-${tool.name}`, body);
}

function anyArguments(rules: GrammarRules): string {
  const one = rules.define('any-argument', `[a-zA-Z_] [a-zA-Z0-9_]* "=" ${valueOf(rules, {})}`);
  return `(${one} (${SEPARATOR} ${one})*)?`;
}

function listedArguments(rules: GrammarRules, tool: CallableTool): string {
  const parameters = parametersOf(tool).map((parameter) => ({
    rule: defineArgument(rules, tool, parameter),
    required: parameter.required,
  }));
  return inAnyOrder(rules, `${tool.name}-arguments`, parameters, SEPARATOR);
}

function defineArgument(rules: GrammarRules, tool: CallableTool, parameter: Parameter): string {
  const values = parameter.schemas.map((schema) =>
    valueOf(rules, standalone(schema, tool.inputSchema)),
  );
  const body = `${literal(`${parameter.name}=`)} ${oneOf(values)}`;
  return rules.define(`${tool.name}-${parameter.name}`, body);
}

/** Expression for a value. Models trained on Python write its constants, and texts in single quotes. */
function valueOf(rules: GrammarRules, schema: JsonObject): string {
  const value = rules.withPython(() => defineSchema(rules, schema));
  return oneOf([value, ...quotedTexts(rules, schema)]);
}

/** Expressions for the texts of a schema in single quotes, unless it bounds them otherwise than by a list. */
function quotedTexts(rules: GrammarRules, schema: JsonObject): readonly string[] {
  const listed = listedValues(schema);
  if (listed !== undefined) {
    const texts = listed.filter((value) => typeof value === 'string');
    return texts.filter((text) => !/['\\\p{Cc}]/u.test(text)).map((text) => literal(`'${text}'`));
  }
  const isFree = Object.keys(schema).every((key) => UNBOUNDED.has(key));
  if (!isFree || rules.excluded.length > 0 || ownTypes(schema)?.includes('string') !== true) {
    return [];
  }
  return [rules.define('single-quoted', SINGLE_QUOTED)];
}

const SINGLE_QUOTED = String.raw`"'" ([^'\\\x00-\x1f] | "\\" ['"\\nrt])* "'"`;

/** Keywords that leave texts free. */
const UNBOUNDED: ReadonlySet<string> = new Set([
  'type',
  'description',
  'title',
  'default',
  'examples',
  '$defs',
  'definitions',
]);

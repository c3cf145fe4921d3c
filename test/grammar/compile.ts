import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { GrammarRules } from '../../src/grammar/gbnf.ts';
import { defineSchema } from '../../src/grammar/json-schema.ts';

export interface SchemaGrammar {
  readonly grammar: string;
  readonly reasons: readonly string[];
}

/** The grammar of a schema for an answer, and why it is not as the schema has it. */
export function grammarOf(schema: JsonObject): SchemaGrammar {
  const reasons: string[] = [];
  const rules = new GrammarRules((reason) => reasons.push(reason));
  const root = defineSchema(rules, schema);
  return { grammar: rules.write(root), reasons };
}

/** The grammar of a schema for the arguments of a tool. */
export function argumentsOf(schema: JsonObject): SchemaGrammar {
  const reasons: string[] = [];
  const rules = new GrammarRules((reason) => reasons.push(reason));
  const root = rules.forArguments(() => defineSchema(rules, schema));
  return { grammar: rules.write(root), reasons };
}

/** A validator that knows the formats whose grammars are to be exact. */
export function validator(schema: JsonObject): ValidateFunction {
  const validate = AJV.compile(schema);
  AJV.removeSchema(schema);
  return validate;
}

/** The ways in which models lay JSON out. */
export function layouts(value: JsonValue): readonly string[] {
  return [JSON.stringify(value), spaced(value), JSON.stringify(value, null, 2)];
}

/** As Python writes it, which is what models were shown most. */
function spaced(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => spaced(item)).join(', ')}]`;
  const entries = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}: ${spaced(item)}`,
  );
  return `{${entries.join(', ')}}`;
}

function isDate(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function isTime(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/.test(text);
}

const FORMATS = {
  date: isDate,
  time: isTime,
  'date-time': (text: string) => {
    const [date = '', time = ''] = text.split('T');
    return isDate(date) && isTime(time);
  },
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  email: /^[^\s@]+@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i,
  hostname: /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i,
  ipv4: (text: string) =>
    text.split('.').length === 4 &&
    text.split('.').every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256),
  uri: /^[a-z][a-z0-9+.-]*:[^\s"<>\\^`{|}]+$/i,
};

const AJV = new Ajv2020({ strict: false, formats: FORMATS, validateSchema: false, meta: false });

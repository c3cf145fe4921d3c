import type { ToolSpec } from '../../core/conversation.ts';
import { isJsonArray, isJsonObject, mapValues } from '../../core/json.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { OllamaTool } from './protocol.ts';

/** Keys that `ToolFunctionParameters` of Ollama's api/types.go keeps. Other keys never reach a prompt. */
const KEPT_OF_ROOT: ReadonlySet<string> = new Set([
  'type',
  '$defs',
  'items',
  'required',
  'properties',
]);

/** Keys that its `ToolProperty` keeps. */
const KEPT_OF_PROPERTY: ReadonlySet<string> = new Set([
  'anyOf',
  'type',
  'items',
  'description',
  'enum',
  'properties',
  'required',
  // Expressed by other keys.
  'oneOf',
  'const',
]);

const SAYS_NOTHING: ReadonlySet<string> = new Set(['$schema', '$id', '$comment', 'title']);

/** Converts a tool to Ollama's form. Keywords that Ollama drops are moved into descriptions. */
export function toTool({ name, description, inputSchema }: ToolSpec): OllamaTool {
  const { $defs, items, required, properties } = inputSchema;
  return {
    type: 'function',
    function: {
      name,
      description: described(description, inputSchema, KEPT_OF_ROOT),
      parameters: {
        type: 'object',
        ...($defs !== undefined && { $defs }),
        ...(items !== undefined && { items }),
        ...textList('required', required),
        properties: isJsonObject(properties) ? mapValues(properties, toProperty) : {},
      },
    },
  };
}

/** Converts a property. Ollama answers 400 to one that is not an object, such as `true`. */
function toProperty(place: JsonValue): JsonObject {
  if (!isJsonObject(place)) return {};
  const { anyOf, oneOf, type, items, required, properties } = place;
  const values = place['const'] === undefined ? place['enum'] : [place['const']];
  const variants = anyOf ?? oneOf;
  const description = described(textOf(place['description']), place, KEPT_OF_PROPERTY);
  return {
    ...(isJsonArray(variants) && { anyOf: variants.map(toProperty) }),
    ...(isTyped(type) && { type }),
    ...(items !== undefined && { items }),
    ...(description !== '' && { description }),
    ...(isJsonArray(values) && { enum: values }),
    ...(isJsonObject(properties) && { properties: mapValues(properties, toProperty) }),
    ...textList('required', required),
  };
}

function described(description: string, schema: JsonObject, kept: ReadonlySet<string>): string {
  const lost = Object.entries(schema).filter(
    ([key, value]) =>
      !kept.has(key) &&
      !SAYS_NOTHING.has(key) &&
      // Not worth mentioning to the model.
      !(key === 'additionalProperties' && typeof value === 'boolean'),
  );
  if (lost.length === 0) return description;
  const note = `JSON Schema: ${JSON.stringify(Object.fromEntries(lost))}`;
  return description === '' ? note : `${description} (${note})`;
}

function textList(key: string, value: JsonValue | undefined): JsonObject {
  return isJsonArray(value) && value.every((item) => typeof item === 'string')
    ? { [key]: value }
    : {};
}

function isTyped(type: JsonValue | undefined): type is string | readonly string[] {
  return (
    typeof type === 'string' || (isJsonArray(type) && type.every((one) => typeof one === 'string'))
  );
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

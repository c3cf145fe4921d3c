import { isRecord } from '../../core/json.ts';

/** JSON types that a schema allows; undefined if it does not restrict them in a simple way. */
export function allowedTypes(schema: unknown): readonly string[] | undefined {
  if (!isRecord(schema)) return undefined;
  const { type } = schema;
  if (typeof type === 'string') return [type];
  if (Array.isArray(type)) return type.filter((one) => typeof one === 'string');
  const members = schema['anyOf'] ?? schema['oneOf'];
  if (!Array.isArray(members)) return undefined;
  const all = members.map(allowedTypes);
  return all.every((types) => types !== undefined) ? all.flat() : undefined;
}

/** Schema of an object's property; undefined if the schema does not declare it. */
export function propertySchema(schema: unknown, key: string): unknown {
  const properties = isRecord(schema) ? schema['properties'] : undefined;
  return isRecord(properties) && Object.hasOwn(properties, key) ? properties[key] : undefined;
}

/** Schema of an array's items. */
export function itemSchema(schema: unknown): unknown {
  return isRecord(schema) ? schema['items'] : undefined;
}

/** Returns true if a schema excludes strings. */
export function forbidsString(schema: unknown): boolean {
  const types = allowedTypes(schema);
  return types !== undefined && types.length > 0 && !types.includes('string');
}

const WRAPPERS: ReadonlySet<string> = new Set([
  'name',
  'type',
  'function',
  'arguments',
  'parameters',
]);

/** Returns true if a key belongs to a call around the arguments, since the schema does not declare it. */
export function isWrapperKey(schema: unknown, key: string): boolean {
  return WRAPPERS.has(key) && propertySchema(schema, key) === undefined && isClosed(schema);
}

/** Returns true if a member next to a call's name is an argument: it is declared, and not part of the call. */
export function isFlatArgument(schema: unknown, key: string, json: string): boolean {
  const isOfCall = key === 'type' && json.trim() === '"function"';
  return propertySchema(schema, key) !== undefined && !isOfCall;
}

/** Returns true if an input is a JSON Schema, and the tool takes no such input: it is part of the tool's definition. */
export function isDefinition(input: unknown, schema: unknown): boolean {
  const properties = isRecord(schema) ? schema['properties'] : undefined;
  if (!isRecord(input) || input['type'] !== 'object' || !isRecord(properties)) return false;
  const isSchema = Object.keys(input).length === 1 || isRecord(input['properties']);
  return isSchema && !Object.hasOwn(properties, 'type');
}

/** Returns true if a schema declares properties. Otherwise it accepts any key. */
function isClosed(schema: unknown): boolean {
  const properties = isRecord(schema) ? schema['properties'] : undefined;
  return isRecord(properties) && Object.keys(properties).length > 0;
}

/** Returns true if a value has a JSON Schema type. Unknown types accept any value. */
export function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isRecord(value);
    case 'integer':
      return Number.isInteger(value);
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type;
    default:
      return true;
  }
}

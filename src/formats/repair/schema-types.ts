import { isRecord } from '../../core/json.ts';

/** The JSON types that a schema allows; undefined if it does not restrict them in a plain way. */
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

/** True if a schema excludes a string. */
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

/** True if a key belongs to a call around the arguments, because the schema does not declare it. */
export function isWrapperKey(schema: unknown, key: string): boolean {
  return WRAPPERS.has(key) && propertySchema(schema, key) === undefined && isClosed(schema);
}

/** True if a member beside a call's name is an argument: the schema declares it, and no call has it anyway. */
export function isFlatArgument(schema: unknown, key: string, json: string): boolean {
  const isOfCall = key === 'type' && json.trim() === '"function"';
  return propertySchema(schema, key) !== undefined && !isOfCall;
}

/** A schema that declares nothing may take any key. */
function isClosed(schema: unknown): boolean {
  const properties = isRecord(schema) ? schema['properties'] : undefined;
  return isRecord(properties) && Object.keys(properties).length > 0;
}

/** JSON Schema's types; one that it does not have is met by everything. */
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

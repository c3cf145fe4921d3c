import { isRecord } from '../../core/json.ts';

/** Writes a JSON value as Python, with strings in double quotes. */
function writePythonValue(value: unknown): string {
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (value === null || value === undefined) return 'None';
  if (Array.isArray(value)) return `[${value.map(writePythonValue).join(', ')}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const entries = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}: ${writePythonValue(item)}`,
  );
  return `{${entries.join(', ')}}`;
}

/** Writes a Python call with keyword arguments. */
export function writePythonCall(name: string, input: Readonly<Record<string, unknown>>): string {
  const values = Object.entries(input).map(([key, value]) => `${key}=${writePythonValue(value)}`);
  return `${name}(${values.join(', ')})`;
}

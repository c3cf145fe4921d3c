import type { JsonType } from '../../core/json.ts';
import { typesOfValue } from './parameter-schemas.ts';
import { readPythonValue } from './python-values.ts';
import { Source } from './reader.ts';

/** Returns true if only texts are valid. */
export function isOnlyText(types: ReadonlySet<JsonType> | undefined): boolean {
  return types !== undefined && [...types].every((type) => type === 'string');
}

/**
 * Converts a value to JSON: unchanged if it is JSON, else as a string.
 *
 * @param types allowed types; undefined for any
 */
export function toJson(text: string, types: ReadonlySet<JsonType> | undefined): string {
  const json = text.trim();
  const found = typesOfJson(json);
  if (found === undefined) return pythonToJson(json, types) ?? JSON.stringify(text);
  const fits = types === undefined || found.some((type) => types.has(type));
  // A value of a wrong type stays JSON for the later validation, unless text is allowed.
  return fits || !types.has('string') ? json : JSON.stringify(text);
}

/**
 * Converts a Python literal to JSON; undefined if it is none, or of a type that is not allowed. Some templates
 * render past arguments as Python, such as `True` or `{'a': None}`, and models imitate them.
 */
function pythonToJson(text: string, types: ReadonlySet<JsonType> | undefined): string | undefined {
  const source = new Source();
  // The line break ends a last word.
  source.feed(`${text}\n`);
  source.end();
  const reading = readPythonValue(source);
  let json = '';
  for (;;) {
    const step = reading.next();
    if (step.done === true) {
      if (!step.value || source.rest.trim() !== '') return undefined;
      break;
    }
    if (step.value?.type === 'call-json') json += step.value.json;
  }
  return typesOfJson(json)?.some((type) => types?.has(type)) === true ? json : undefined;
}

function typesOfJson(json: string): readonly JsonType[] | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typesOfValue(value);
  } catch {
    return undefined;
  }
}

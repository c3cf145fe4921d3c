import type { CallableTool } from '../format.ts';
import { argumentFault } from './argument-fault.ts';
import { repairArguments } from './arguments.ts';
import { isEmptyInput } from './closing.ts';
import { isFlatArgument, propertySchema } from './schema-types.ts';

/** Keys of the arguments in the formats of models. */
const FORMAT_KEYS: readonly string[] = ['arguments', 'parameters'];

/** Other keys that models use for arguments. */
const OTHER_KEYS: readonly string[] = ['input', 'args', 'params', 'tool_input', 'kwargs'];

/** Keys of a call that are not about its arguments. */
const OF_CALL: ReadonlySet<string> = new Set(['name', 'type', 'id', 'index', 'tool_call_id']);

/**
 * Text of a call's arguments, from the members next to its name: the value of a key for arguments, or members
 * that the tool's schema declares, if they are valid together. A call that consists of a name has none.
 *
 * @param members JSON texts by key
 * @param isMarked marks of a format are around the call, so that a name without arguments can be a call
 * @returns undefined if the members are not arguments, or if required ones are missing
 */
export function callInput(
  members: ReadonlyMap<string, string>,
  tool: CallableTool,
  isMarked: boolean,
): string | undefined {
  const { inputSchema } = tool;
  const written = (key: string) => members.get(key);
  const isOther = (key: string) =>
    OTHER_KEYS.includes(key) && propertySchema(inputSchema, key) === undefined;
  const format = FORMAT_KEYS.map(written).filter(isDefined);
  const other = OTHER_KEYS.filter(isOther).map(written).filter(isDefined);
  const named = [...format, ...other].find((json) => !isNothing(json));
  // Malformed arguments in a format's own key are repaired or generated again later.
  if (named !== undefined && format.includes(named)) return named;
  if (named !== undefined) return repairArguments(named, tool);
  const flat = [...members].filter(
    ([key]) => !FORMAT_KEYS.includes(key) && !isOther(key) && !isOfCall(key, tool, members),
  );
  if (flat.length > 0) return flatInput(flat, tool) ?? format[0];
  if (format[0] !== undefined) return format[0];
  return isMarked && argumentFault({}, tool) === undefined ? '{}' : undefined;
}

function isOfCall(
  key: string,
  { inputSchema }: CallableTool,
  members: ReadonlyMap<string, string>,
): boolean {
  return OF_CALL.has(key) && !isFlatArgument(inputSchema, key, members.get(key) ?? '');
}

/** Text of members that are all arguments of the tool; undefined if one is not, or if they are not valid. */
function flatInput(
  members: readonly (readonly [string, string])[],
  tool: CallableTool,
): string | undefined {
  if (!members.every(([key, json]) => isFlatArgument(tool.inputSchema, key, json)))
    return undefined;
  const texts = members.map(([key, json]) => `${JSON.stringify(key)}: ${json}`);
  const input = repairArguments(`{${texts.join(', ')}}`, tool);
  if (input === undefined) return undefined;
  return argumentFault(JSON.parse(input), tool, { allowsNull: true }) === undefined
    ? input
    : undefined;
}

function isNothing(json: string): boolean {
  return ['', 'null', 'None', '""'].includes(json.trim()) || isEmptyInput(json);
}

function isDefined(text: string | undefined): text is string {
  return text !== undefined;
}

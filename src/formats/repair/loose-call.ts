import { isRecord } from '../../core/json.ts';
import type { CallableTool } from '../format.ts';
import { repairedValue } from './arguments.ts';
import { toolNamed } from './repaired-call.ts';
import { isFlatArgument } from './schema-types.ts';

/** A call that was read out of malformed text. */
export interface LooseCall {
  readonly name: string;
  /** The text of its arguments, which may still have to be repaired. */
  readonly json: string;
}

/**
 * Reads a whole text as one call of an offered tool, with what has one reading repaired: the JSON
 * itself, a list or a `function` around the call, `parameters` for `arguments`, arguments beside
 * the name, the case of the name.
 */
export function readLooseCall(text: string, tools: readonly CallableTool[]): LooseCall | undefined {
  const value = repairedValue(text);
  const outer: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  const call = isRecord(outer) && isRecord(outer['function']) ? outer['function'] : outer;
  if (!isRecord(call)) return undefined;
  const name = call['name'] ?? (typeof call['function'] === 'string' ? call['function'] : '');
  const tool = typeof name === 'string' ? toolNamed(name, tools) : undefined;
  if (tool === undefined) return undefined;
  const flat = Object.entries(call).filter(
    ([key, member]) =>
      key !== 'name' && isFlatArgument(tool.inputSchema, key, JSON.stringify(member)),
  );
  const input = call['arguments'] ?? call['parameters'] ?? Object.fromEntries(flat);
  return { name: tool.name, json: JSON.stringify(input) };
}

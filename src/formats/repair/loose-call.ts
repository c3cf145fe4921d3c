import type { CallableTool } from '../format.ts';
import { parseJson } from '../../core/json.ts';
import { readRepaired } from './arguments.ts';
import { callInput } from './call-input.ts';
import { itemsOf, membersOf } from './json-text.ts';
import { toolNamed } from './repaired-call.ts';

/** Call from malformed text. */
export interface LooseCall {
  readonly name: string;
  /** Text of its arguments, which may still need a repair. */
  readonly json: string;
}

/**
 * Reads a complete text as one call of an offered tool, and repairs it if it is unambiguous: malformed JSON, a
 * list or a `function` around the call, `parameters` for `arguments`, arguments next to the name, the case of
 * the name.
 *
 * @param isMarked marks of a format are around the call, so that a name without arguments can be a call
 */
export function readLooseCall(
  text: string,
  tools: readonly CallableTool[],
  isMarked: boolean,
): LooseCall | undefined {
  return readRepaired(text, (json) => callIn(json, tools, isMarked));
}

function callIn(
  json: string,
  tools: readonly CallableTool[],
  isMarked: boolean,
): LooseCall | undefined {
  const items = itemsOf(json);
  const outer = membersOf(items.length === 1 ? (items[0] ?? '') : json);
  const inner = membersOf(outer.get('function') ?? '');
  const members = inner.size > 0 ? inner : outer;
  const name = parseJson(members.get('name') ?? members.get('function') ?? '');
  const tool = typeof name === 'string' ? toolNamed(name, tools) : undefined;
  if (tool === undefined) return undefined;
  const beside = [...members].filter(([key]) => key !== 'function' || members.has('name'));
  const input = callInput(new Map(beside), tool, isMarked);
  return input === undefined ? undefined : { name: tool.name, json: input };
}

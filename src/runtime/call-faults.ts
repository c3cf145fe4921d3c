import { isOfType } from '../chat/repair/schema-types.ts';
import type { ToolCallPart, ToolSpec } from '../core/conversation.ts';
import type { GenerationEvent } from '../core/events.ts';
import { isRecord } from '../core/json.ts';
import type { JsonObject } from '../core/json.ts';

/** The calls among the events of an answer; an input that is no JSON object counts as empty. */
export function callsIn(events: readonly GenerationEvent[]): readonly ToolCallPart[] {
  return events.flatMap((start): readonly ToolCallPart[] => {
    if (start.type !== 'tool-call-start') return [];
    const { id, name } = start;
    const pieces = events.map((event) =>
      event.type === 'tool-call-delta' && event.id === id ? event.json : '',
    );
    return [{ kind: 'tool-call', id, name, input: parsed(pieces.join('')) }];
  });
}

function parsed(json: string): JsonObject {
  try {
    const value: unknown = JSON.parse(json);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** What was parsed as JSON holds nothing else. */
function isJsonObject(value: unknown): value is JsonObject {
  return isRecord(value);
}

/**
 * What is plainly wrong with a call, in words for the model: a tool that is not offered, an argument
 * that is missing, or one of another type. Only what a schema says at its top is looked at, so that
 * no call that is valid is ever refused.
 */
export function callFault(
  { name, input }: ToolCallPart,
  tools: readonly ToolSpec[],
): string | undefined {
  const tool = tools.find((offered) => offered.name === name);
  if (tool === undefined) return `there is no tool named ${name}`;
  const { required, properties } = tool.inputSchema;
  const missing = textsOf(required).find((key) => !Object.hasOwn(input, key));
  if (missing !== undefined) return `${name} needs the argument "${missing}"`;
  const schemas = isRecord(properties) ? properties : {};
  for (const [key, value] of Object.entries(input)) {
    const schema = Object.hasOwn(schemas, key) ? schemas[key] : undefined;
    const types = isRecord(schema) ? textsOf(schema['type']) : [];
    if (types.length > 0 && !types.some((type) => isOfType(value, type))) {
      return `the argument "${key}" of ${name} must be of the type ${types.join(' or ')}`;
    }
  }
  return undefined;
}

/** A text, or the texts of a list. */
function textsOf(value: unknown): readonly string[] {
  const listed: readonly unknown[] = Array.isArray(value) ? value : [value];
  return listed.filter((one) => typeof one === 'string');
}

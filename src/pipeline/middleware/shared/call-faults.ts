import { argumentFault } from '../../../formats/repair/argument-fault.ts';
import type { ToolCallPart, ToolSpec } from '../../../core/conversation.ts';
import type { GenerationEvent } from '../../../core/events.ts';
import { isJsonObject } from '../../../core/json.ts';
import type { JsonObject } from '../../../core/json.ts';

/** Calls in the events of an answer. An input that is not a JSON object counts as empty. */
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

/**
 * Describes the fault of a call for the model: a tool that is not offered, or arguments that violate its
 * schema.
 */
export function callFault(
  { name, input }: ToolCallPart,
  tools: readonly ToolSpec[],
): string | undefined {
  const tool = tools.find((offered) => offered.name === name);
  return tool === undefined ? `there is no tool named ${name}` : argumentFault(input, tool);
}

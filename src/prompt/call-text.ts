import type { JsonObject } from '../core/json.ts';

/** A call in Hermes syntax, for models whose template has none of its own. */
export function writeCall(name: string, input: JsonObject): string {
  const call = `{"name": ${JSON.stringify(name)}, "arguments": ${JSON.stringify(input)}}`;
  return `<tool_call>\n${call}\n</tool_call>`;
}

/** What a call gave, in Hermes syntax. */
export function writeResult(output: string): string {
  return `<tool_response>\n${output}\n</tool_response>`;
}

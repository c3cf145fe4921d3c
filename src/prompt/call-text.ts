import type { JsonObject } from '../core/json.ts';

/** Call in Hermes syntax, for models whose template has no syntax for calls. */
export function writeCall(name: string, input: JsonObject): string {
  const call = `{"name": ${JSON.stringify(name)}, "arguments": ${JSON.stringify(input)}}`;
  return `<tool_call>\n${call}\n</tool_call>`;
}

/** Result of a call in Hermes syntax. */
export function writeResult(output: string): string {
  return `<tool_response>\n${output}\n</tool_response>`;
}

import type { ToolSpec } from '../../../../core/conversation.ts';
import { isRecord } from '../../../../core/json.ts';

/** Texts of a tool that a search reads. */
export interface ToolText {
  readonly name: string;
  readonly description: string;
  /** Names and descriptions of the arguments. */
  readonly parameters: string;
}

/** Most characters of a text. They bound the time of a search, and descriptions are seldom longer. */
const MAX_CHARACTERS = 4000;

/** Returns the texts that the API searches: name, description, and names and descriptions of arguments. */
export function toolText({ name, description, inputSchema }: ToolSpec): ToolText {
  const { properties } = inputSchema;
  const parameters = isRecord(properties) ? Object.entries(properties).map(written) : [];
  return {
    name,
    description: description.slice(0, MAX_CHARACTERS),
    parameters: parameters.join('\n').slice(0, MAX_CHARACTERS),
  };
}

function written([name, schema]: readonly [string, unknown]): string {
  const description = isRecord(schema) ? schema['description'] : undefined;
  return typeof description === 'string' ? `${name}: ${description}` : name;
}

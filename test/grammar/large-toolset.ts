import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { objectAt } from '../../src/grammar/schema.ts';
import { AGENT_TOOLS } from './agent-tools.ts';

const TOOLS = 25;
const BYTES = 60_000;

/** As many tools as a coding agent with some MCP servers sends, with descriptions as long as theirs. */
export function largeToolset(): readonly JsonObject[] {
  const schemas = Array.from({ length: TOOLS }, (_unused, index) => toolAt(index));
  const described = JSON.stringify(schemas).split('"description"').length - 1;
  const missing = BYTES - JSON.stringify(schemas).length;
  const text = 'What it is for, and when not to use it. '.repeat(
    Math.ceil(missing / described / 40),
  );
  return schemas.map((schema) => withDescriptions(schema, text));
}

/** A tool of the table; the second time its properties have other names. */
function toolAt(index: number): JsonObject {
  const schema = AGENT_TOOLS[index % AGENT_TOOLS.length]?.schema ?? {};
  const round = Math.floor(index / AGENT_TOOLS.length);
  const properties = objectAt(schema, 'properties');
  const names = Object.keys(properties);
  return {
    ...schema,
    properties: Object.fromEntries(
      names.map((name) => [
        round === 0 ? name : `${name}_${round}`,
        { description: '', ...objectAt(properties, name) },
      ]),
    ),
    required: [],
  };
}

function withDescriptions(schema: JsonObject, text: string): JsonObject {
  return JSON.parse(
    JSON.stringify(schema, (key, value: JsonValue) => (key === 'description' ? text : value)),
  ) as JsonObject;
}

import { unheldPlaces } from '../grammar/unheld.ts';
import type { SearchBudget } from '../grammar/unheld.ts';
import { unsatisfiablePlace } from '../grammar/unsatisfiable.ts';
import { callableTools } from '../prompt/render.ts';
import type { Capabilities, GenerationRequest } from '../core/backend.ts';
import type { ToolSpec } from '../core/conversation.ts';
import type { JsonObject } from '../core/json.ts';
import { RuntimeFailure } from '../core/failure.ts';
import type { FailureSubject } from '../core/failure.ts';
import { logOnce } from '../core/log-once.ts';

/** Number of listed places; further ones are only counted. */
const MOST_PLACES = 20;

/** Number of searched values in the schemas of a request. They take a few milliseconds. */
const MOST_VALUES = 10_000;

/**
 * Reports keywords of a request's schemas that no grammar enforces, and schemas that no value matches.
 *
 * @throws {RuntimeFailure} `invalid-request` if no answer, or no input of a strict tool, can match its schema
 */
export type UnheldReport = (request: GenerationRequest, can: Capabilities) => void;

/** Creates a report that logs one line per schema, once. */
export function createUnheldReport(log: (message: string) => void): UnheldReport {
  const once = logOnce(log);
  const matchable = new WeakSet<readonly ToolSpec[]>();
  const checkMatchable = ({ conversation, toolChoice, outputSchema }: GenerationRequest): void => {
    const budget = { left: MOST_VALUES };
    if (outputSchema !== undefined) {
      const place = unsatisfiablePlace(outputSchema, budget);
      if (place !== undefined) throw unmatchable('output-schema', 'this schema', place);
    }
    const tools = callableTools(conversation, toolChoice);
    if (matchable.has(tools)) return;
    for (const { name, inputSchema, strict } of tools) {
      const place = unsatisfiablePlace(inputSchema, budget);
      if (place === undefined) continue;
      const failure = unmatchable('tools', `the schema of tool ${name}`, place);
      if (strict === true) throw failure;
      once(failure.message);
    }
    matchable.add(tools);
  };
  const note = (name: string, schema: JsonObject, budget: SearchBudget): void => {
    const places = unheldPlaces(schema, budget);
    if (places.length === 0) return;
    const more = places.length > MOST_PLACES ? ` and ${places.length - MOST_PLACES} more` : '';
    const listed = places.slice(0, MOST_PLACES).join(', ');
    once(`${name}: no grammar enforces ${listed}${more}, so answers may violate it.`);
  };
  return (request, can) => {
    checkMatchable(request);
    const { conversation, toolChoice, outputSchema } = request;
    // If no grammar applies to arguments, the client has to check them anyway.
    const tools = can.tools === 'enforced' ? callableTools(conversation, toolChoice) : [];
    const budget = { left: MOST_VALUES };
    for (const { name, inputSchema } of tools) {
      if (budget.left <= 0) return;
      note(`the schema of tool ${name}`, inputSchema, budget);
    }
    if (outputSchema !== undefined) note('the schema of the output', outputSchema, budget);
  };
}

function unmatchable(subject: FailureSubject, schema: string, place: string): RuntimeFailure {
  return new RuntimeFailure(
    'invalid-request',
    `no value can match ${schema}, because of ${place}. Correct it there.`,
    { subject },
  );
}

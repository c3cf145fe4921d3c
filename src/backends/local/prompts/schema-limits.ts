import type { Conversation } from '../../../core/conversation.ts';
import { RuntimeFailure } from '../../../core/failure.ts';
import type { FailureSubject } from '../../../core/failure.ts';
import { isRecord } from '../../../core/json.ts';
import type { JsonObject } from '../../../core/json.ts';

/** Schemas of a request. */
interface Schemas {
  readonly conversation: Pick<Conversation, 'tools'>;
  readonly outputSchema?: JsonObject;
}

/** Limit of properties: llama.cpp checks each possible next property for each token of the vocabulary. */
const MOST_KEYS = 500;
const MOST_ITEMS = 500;
const MOST_VALUES = 10_000;
/** Limit of objects, lists and values in all schemas of a request. */
const MOST_PARTS = 200_000;

/**
 * Refuses schemas that would take seconds to render and to compile.
 *
 * @throws {RuntimeFailure} `invalid-request` with the place of the part that is too large
 */
export function requireCompilable({ conversation, outputSchema }: Schemas): void {
  const budget = { parts: MOST_PARTS };
  for (const { name, inputSchema } of conversation.tools) {
    check(inputSchema, { subject: 'tools', name: `the schema of \`${name}\`` }, budget);
  }
  if (outputSchema !== undefined) {
    check(outputSchema, { subject: 'output-schema', name: 'the schema' }, budget);
  }
}

/** Owner of a schema, for failures. */
interface SchemaOwner {
  readonly subject: FailureSubject;
  readonly name: string;
}

interface Place {
  readonly value: unknown;
  readonly path: readonly string[];
}

/** Checks a schema without recursion, because it may be deeply nested. */
function check(schema: JsonObject, owner: SchemaOwner, budget: { parts: number }): void {
  const todo: Place[] = [{ value: schema, path: [] }];
  for (let place = todo.pop(); place !== undefined; place = todo.pop()) {
    const { value, path } = place;
    const entries = entriesOf(value);
    const [most, things] = limitOf(value, path);
    if (entries.length > most) {
      throw tooLarge(owner, path, `has ${entries.length} ${things}`, most);
    }
    budget.parts -= 1;
    if (budget.parts < 0) {
      throw tooLarge(
        owner,
        [],
        'has too many parts, together with the other schemas of this request',
        MOST_PARTS,
      );
    }
    // Values get no path, because it would take more time than the check.
    for (const [key, inner] of entries) todo.push({ value: inner, path: [...path, key] });
  }
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  if (Array.isArray(value)) return value.map((item: unknown, index) => [String(index), item]);
  return isRecord(value) ? Object.entries(value) : [];
}

function limitOf(value: unknown, path: readonly string[]): readonly [number, string] {
  if (!Array.isArray(value)) return [MOST_KEYS, 'keys'];
  return path.at(-1) === 'enum' ? [MOST_VALUES, 'values'] : [MOST_ITEMS, 'items'];
}

function tooLarge(
  { subject, name }: SchemaOwner,
  path: readonly string[],
  what: string,
  most: number,
): RuntimeFailure {
  const place = [name, ...path].join('.');
  return new RuntimeFailure(
    'invalid-request',
    `${place} ${what}; at most ${most} can be compiled. Make the schema smaller.`,
    { subject },
  );
}

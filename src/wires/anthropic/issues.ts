import type { z } from 'zod';
import { RuntimeFailure } from '../../core/failure.ts';
import { isRecord } from '../../core/json.ts';

type Issue = z.core.$ZodIssue;

/**
 * Parses a value of the request body. Errors use the API's wording, which is pydantic's:
 * `messages.0.content: Input should be a valid string`.
 *
 * @param at path of the value in the body, for the message
 * @throws {invalid-request}
 */
export function parseWith<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  at: readonly string[] = [],
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw refused(result.error, (first) => describe(first, value, at));
}

/** Parses one item of a list in the request body; see `parseWith`. */
export function parseItem<Schema extends z.ZodType>(
  schema: Schema,
  body: Readonly<Record<string, unknown>>,
  field: string,
  index: number,
): z.output<Schema> {
  const result = schema.safeParse(memberOf(body[field], index));
  if (result.success) return result.data;
  throw refused(result.error, (first) => describe(first, body, [], [field, index]));
}

function refused(
  { issues: [first] }: z.ZodError,
  describeFirst: (first: Issue) => string,
): RuntimeFailure {
  return new RuntimeFailure(
    'invalid-request',
    first === undefined ? 'The request body is not valid.' : describeFirst(first),
  );
}

/** Message for an issue. `before` is the path in the body to the parsed value. */
function describe(
  outer: Issue,
  body: unknown,
  at: readonly string[],
  before: readonly PropertyKey[] = [],
): string {
  const { issue, path } = innermost(outer, before);
  const { segments, found } = locate(body, path, issue);
  if (issue.code === 'invalid_union' && issue.discriminator === 'role' && found !== undefined) {
    return `messages: Unexpected role "${shown(found)}". Allowed roles are "user" or "assistant".`;
  }
  const where = [...at, ...segments].join('.');
  const what = words(issue, found);
  return where === '' ? what : `${where}: ${what}`;
}

/** Issue of the union member that the client probably meant: the one with the deepest path. */
function innermost(
  issue: Issue,
  before: readonly PropertyKey[],
): { issue: Issue; path: readonly PropertyKey[] } {
  const path = [...before, ...issue.path];
  if (issue.code !== 'invalid_union' || issue.discriminator !== undefined) return { issue, path };
  const firsts = issue.errors.flatMap((errors) => errors.slice(0, 1));
  const meant =
    firsts.find((inner) => inner.path.length > 0) ??
    firsts.find(({ code }) => code === 'too_big') ??
    firsts[0];
  return meant === undefined ? { issue, path } : innermost(meant, path);
}

/** Path in the API's form, which contains the kind of a block after its position: `tools.0.custom.name`. */
function locate(
  body: unknown,
  path: readonly PropertyKey[],
  issue: Issue,
): { segments: readonly string[]; found: unknown } {
  const byTag = issue.code === 'invalid_union' && issue.discriminator !== undefined;
  const segments: string[] = [];
  let found = body;
  for (const [depth, key] of path.entries()) {
    const parent = found;
    found = memberOf(parent, key);
    if (byTag && depth === path.length - 1 && found !== undefined) break;
    segments.push(String(key));
    const following = path[depth + 1];
    if (isTagged(path, depth) && isRecord(found) && !(byTag && following === 'type')) {
      if (typeof found['type'] === 'string') segments.push(found['type']);
    }
  }
  return { segments, found };
}

function memberOf(value: unknown, key: PropertyKey): unknown {
  if (Array.isArray(value)) return typeof key === 'number' ? value[key] : undefined;
  return isRecord(value) && Object.hasOwn(value, key) ? value[String(key)] : undefined;
}

const TAGGED_FIELDS: readonly PropertyKey[] = [
  'source',
  'thinking',
  'tool_choice',
  'tool',
  'cache_control',
];

function isTagged(path: readonly PropertyKey[], depth: number): boolean {
  const key = path[depth];
  return typeof key === 'number'
    ? path[0] === 'messages' && path[depth - 1] === 'content'
    : key !== undefined && TAGGED_FIELDS.includes(key);
}

function words(issue: Issue, found: unknown): string {
  if (found === undefined) return 'Field required';
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.startsWith('Input should')
        ? issue.message
        : `Input should be a valid ${TYPES.get(issue.expected) ?? issue.expected}`;
    case 'too_big':
      return tooBig(issue.origin, issue.maximum);
    case 'too_small':
      return tooSmall(issue.origin, issue.minimum);
    case 'invalid_format':
      return issue.pattern === undefined
        ? issue.message
        : `String should match pattern '${issue.pattern.slice(1, -1)}'`;
    case 'invalid_value':
      return `Input should be ${listed(issue.values)}`;
    case 'invalid_union':
      return `Input tag '${shown(found)}' found using 'type' does not match any of the expected tags: ${tags(issue)}`;
    case 'unrecognized_keys':
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return issue.message;
    default:
      return issue satisfies never;
  }
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ['int', 'integer'],
  ['array', 'list'],
  ['object', 'dictionary'],
]);

function tooBig(origin: string, maximum: number | bigint): string {
  if (origin === 'string') return `String should have at most ${maximum} characters`;
  if (origin === 'array') return `List should have at most ${maximum} items`;
  return `Input should be less than or equal to ${maximum}`;
}

function tooSmall(origin: string, minimum: number | bigint): string {
  if (origin === 'string') return `String should have at least ${minimum} character`;
  if (origin === 'array') return `List should have at least ${minimum} item`;
  return `Input should be greater than or equal to ${minimum}`;
}

function listed(values: readonly unknown[]): string {
  const quoted = values.map((value) => `'${String(value)}'`);
  const last = quoted.pop() ?? '';
  return quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`;
}

function tags(issue: z.core.$ZodIssueInvalidUnion): string {
  const options = 'options' in issue ? (issue.options ?? []) : [];
  return options.map((option) => `'${String(option)}'`).join(', ');
}

/** Limit of characters of a wrong value in a message. */
const MOST_SHOWN = 100;

function shown(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? '…' : String(value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

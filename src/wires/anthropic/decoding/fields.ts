import { RuntimeFailure } from '../../../core/failure.ts';
import { isRecord } from '../../../core/json.ts';
import type { Steps } from '../../../core/steps.ts';
import { addedDefinitions } from './added-tools.ts';
import type { CheckedBody } from './items.ts';
import { ignoredToolKeys } from './tool-keys.ts';
import { MOST_PATHS, unknownKeys } from './unknown-keys.ts';
import { messagesBody, type RequestBody } from '../schema/request.ts';
import { append } from '../../../core/lists.ts';

const UNDERSTOOD: readonly string[] = Object.keys(messagesBody.shape);

/** What the API and its betas take, and what a local server has no use for. */
const WITHOUT_LOCAL_MEANING: readonly string[] = [
  'billing_policy',
  'compaction',
  'container',
  'context_management',
  'diagnostics',
  'fallback_credit_token',
  'fallbacks',
  'inference_geo',
  'mcp_servers',
  'safeguards',
  'service_tier',
  'speed',
  'thread',
  'user_profile_id',
  'workspace_id',
];

type Body = Readonly<Record<string, unknown>>;

/** Fields without which the answer would be another one, and how to do without them. */
const CANNOT_BE_HONOURED: readonly {
  readonly field: string;
  readonly isAsked: (value: unknown) => boolean;
  readonly message: string;
}[] = [
  {
    field: 'mcp_servers',
    isAsked: (value) => !Array.isArray(value) || value.length > 0,
    message: 'this server calls no MCP servers; let the client call them and pass them as tools',
  },
  {
    field: 'compaction',
    isAsked: () => true,
    message: 'this server writes no compaction blocks; ask for a summary in a message',
  },
  {
    field: 'container',
    isAsked: (value) =>
      isRecord(value) && Array.isArray(value['skills']) && value['skills'].length > 0,
    message: 'this server runs no containers and so no skills; leave container.skills out',
  },
];

/**
 * The fields of a valid request that mean nothing here, for the log. Throws unsupported for one that
 * would change the answer, and invalid-request for one that nobody knows, unless the client announces betas.
 */
export function* ignoredFields(
  raw: unknown,
  { body, unknownInMessages }: CheckedBody,
  announcesBetas: boolean,
): Steps<readonly string[]> {
  const fields = isRecord(raw) ? raw : {};
  const given = knownFields(fields);
  checkThread(given);
  checkHonoured(given);
  const unused: string[] = [];
  for (const field of Object.keys(fields)) {
    const isMeaningless = WITHOUT_LOCAL_MEANING.includes(field);
    if (fields[field] === null || (UNDERSTOOD.includes(field) && !isMeaningless)) continue;
    if (!announcesBetas && !isMeaningless) {
      throw new RuntimeFailure('invalid-request', `${field}: Extra inputs are not permitted`);
    }
    if (unused.length >= MOST_PATHS) break;
    unused.push(field);
  }
  const inside = new Set([...keysInside(given, body), ...unknownInMessages]);
  return [...unused, ...[...inside].slice(0, MOST_PATHS), ...(yield* ignoredInside(body))];
}

/** Keys without a meaning inside of all fields but the messages. */
function keysInside(given: Body, body: RequestBody): readonly string[] {
  const outside = Object.entries(given).filter(
    ([field]) => field !== 'messages' && Object.hasOwn(body, field),
  );
  return unknownKeys(Object.fromEntries(outside), body);
}

function knownFields(raw: Body): Body {
  const known = [...UNDERSTOOD, ...WITHOUT_LOCAL_MEANING].filter((field) =>
    Object.hasOwn(raw, field),
  );
  return Object.fromEntries(
    known.map((field) => [field, raw[field]] as const).filter(([, value]) => value !== null),
  );
}

/** Told so, the SDKs' tool runners send the whole conversation again, as they do for a thread that has expired. */
function checkThread({ thread }: Body): void {
  if (!isRecord(thread) || thread['type'] === 'create') return;
  throw new RuntimeFailure(
    'resource-not-found',
    'thread: this server holds no threads; send the whole conversation in messages',
    { details: { error_code: 'thread_not_found' } },
  );
}

function checkHonoured(given: Body): void {
  for (const { field, isAsked, message } of CANNOT_BE_HONOURED) {
    if (Object.hasOwn(given, field) && isAsked(given[field])) {
      throw new RuntimeFailure('unsupported', `${field}: ${message}`);
    }
  }
}

function* ignoredInside(body: RequestBody): Steps<readonly string[]> {
  const ignored: string[] = [];
  const taskBudget = body.output_config?.task_budget ?? null;
  if (taskBudget !== null) ignored.push('output_config.task_budget');
  const perTurn = body.messages.some(
    (message) => message.role === 'system' && (message.output_config ?? null) !== null,
  );
  if (perTurn) ignored.push('messages.output_config');
  const { thinking } = body;
  const thinks = thinking !== null && thinking !== undefined && thinking.type !== 'disabled';
  if (!thinks && (body.output_config?.effort ?? null) !== null)
    ignored.push('output_config.effort');
  if (thinks && thinking.display === 'updates') ignored.push('thinking.display');
  for (const tool of [...body.tools, ...(yield* addedDefinitions(body.messages))]) {
    if (ignored.length >= MOST_PATHS) break;
    append(ignored, ignoredToolKeys(tool));
    yield;
  }
  return ignored;
}

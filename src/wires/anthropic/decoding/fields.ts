import { RuntimeFailure } from '../../../core/failure.ts';
import { isRecord } from '../../../core/json.ts';
import type { Steps } from '../../../core/steps.ts';
import { addedDefinitions } from './added-tools.ts';
import type { CheckedBody } from './items.ts';
import { MOST_PATHS, unknownKeys } from './unknown-keys.ts';
import { messagesBody } from '../schema/request.ts';
import type { RequestBody } from '../schema/request.ts';
import { append } from '../../../core/lists.ts';
import { commonFields, customTool } from '../schema/tools.ts';
import type { RawTool } from '../schema/tools.ts';

const UNDERSTOOD: readonly string[] = Object.keys(messagesBody.shape);

/** Fields that the API and its betas accept, and that have no effect on a local server. */
const WITHOUT_LOCAL_MEANING: readonly string[] = [
  'billing_policy',
  'container',
  'fallback_credit_token',
  'fallbacks',
  'inference_geo',
  'safeguards',
  'service_tier',
  'speed',
  'thread',
  'user_profile_id',
  'workspace_id',
];

type Body = Readonly<Record<string, unknown>>;

/** Unsupported fields that would change the answer, each with an alternative. */
const CANNOT_BE_HONOURED: readonly {
  readonly field: string;
  readonly isAsked: (value: unknown) => boolean;
  readonly message: string;
}[] = [
  {
    field: 'container',
    isAsked: (value) =>
      isRecord(value) && Array.isArray(value['skills']) && value['skills'].length > 0,
    message: 'this server runs neither containers nor skills; leave container.skills out',
  },
];

/**
 * Fields of a valid request without an effect on this server, for the log.
 *
 * @throws {unsupported} for a field that would change the answer
 * @throws {invalid-request} for an unknown field, unless the client announces betas
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
  const inside = new Set([...(yield* keysInside(given, body)), ...unknownInMessages]);
  return [...unused, ...[...inside].slice(0, MOST_PATHS), ...(yield* ignoredInside(body))];
}

/** Unknown keys inside all fields except the messages. */
function* keysInside(given: Body, body: RequestBody): Steps<readonly string[]> {
  const checked: Body = { ...body };
  const paths = new Set<string>();
  for (const [field, value] of Object.entries(given)) {
    if (field === 'messages' || !Object.hasOwn(checked, field)) continue;
    const known = checked[field];
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    const knownItems: readonly unknown[] = Array.isArray(known) ? known : [known];
    for (const [index, item] of items.entries()) {
      const inside = unknownKeys({ [field]: item }, { [field]: knownItems[index] });
      for (const path of inside) paths.add(path);
      if (paths.size >= MOST_PATHS) return [...paths];
      yield;
    }
  }
  return [...paths];
}

function knownFields(raw: Body): Body {
  const known = [...UNDERSTOOD, ...WITHOUT_LOCAL_MEANING].filter((field) =>
    Object.hasOwn(raw, field),
  );
  return Object.fromEntries(
    known.map((field) => [field, raw[field]] as const).filter(([, value]) => value !== null),
  );
}

/** Rejects threads as expired. The SDKs' tool runners then send the complete conversation again. */
function checkThread({ thread }: Body): void {
  if (!isRecord(thread) || thread['type'] === 'create') return;
  throw new RuntimeFailure(
    'resource-not-found',
    'thread: this server does not store threads; send the complete conversation in messages',
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

/** Settings of typed client tools that reach the model. The others concern only the client. */
const RENDERED_SETTINGS: readonly string[] = [
  'display_width_px',
  'display_height_px',
  'enable_zoom',
];

/**
 * Keys of a client tool without an effect on this server, as `tools.NAME.KEY`. Server tools are left out:
 * their executor reports ignored keys.
 */
function ignoredToolKeys(tool: RawTool): readonly string[] {
  const type = tool.type ?? 'custom';
  const isCustom = type === 'custom';
  if (!isCustom && !/^(bash|text_editor|memory|computer)_\d/.test(type)) return [];
  const rendered = isCustom ? Object.keys(customTool.shape) : RENDERED_SETTINGS;
  const fields = [...Object.keys(commonFields), ...rendered].map(
    (key) => [key, tool[key]] as const,
  );
  const keys = unknownKeys(tool, Object.fromEntries(fields));
  return keys.map((key) => `tools.${tool.name ?? type}.${key}`);
}

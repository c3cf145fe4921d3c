import { RuntimeFailure } from '../../../core/failure.ts';
import { isRecord } from '../../../core/json.ts';
import { append } from '../../../core/lists.ts';
import type { Steps } from '../../../core/steps.ts';
import { parseItem } from '../issues.ts';
import { message, type BodyOutline, type RequestBody } from '../schema/request.ts';
import { rawTool } from '../schema/tools.ts';
import { RecentLists } from './recent-lists.ts';
import { checkToolCount } from './tools.ts';
import { MOST_PATHS, unknownKeys } from './unknown-keys.ts';

/** Limit of blocks in one message, including those inside results and documents. */
const MOST_BLOCKS = 10_000;

/** Limit of JSON values in one message, which is validated in one turn of the event loop. */
const MOST_VALUES = 300_000;
const VALUES_A_STEP = 256;

/** Limit of keys of one tool outside its schema: unknown ones are copied, which takes memory. */
const MOST_TOOL_KEYS = 1000;

/** Body with validated messages and tools. */
export interface CheckedBody {
  readonly body: RequestBody;
  /** Paths of unknown keys in its messages. */
  readonly unknownInMessages: readonly string[];
}

/**
 * Validates messages and tools one by one. Removes each message from the given body after its check, since
 * two copies of 100,000 messages would need too much memory.
 *
 * @throws {invalid-request} for the first mistake
 */
export function* checkItems(outline: BodyOutline, body: unknown): Steps<CheckedBody> {
  checkToolCount(outline.tools?.length ?? 0);
  const given = isRecord(body) ? body : {};
  const givenMessages: unknown = given['messages'];
  const messages: RequestBody['messages'][number][] = [];
  const unknown = new Set<string>();
  for (const [index, item] of outline.messages.entries()) {
    checkBlocks(item, index);
    yield* checkValues(item, index);
    const checked = parseItem(message, given, 'messages', index);
    messages.push(checked);
    if (unknown.size < MOST_PATHS) {
      for (const path of unknownKeys(item, checked)) unknown.add(`messages.${path}`);
    }
    if (Array.isArray(givenMessages)) givenMessages[index] = undefined;
    yield;
  }
  const tools = yield* checkTools(given);
  return { body: { ...outline, messages, tools }, unknownInMessages: [...unknown] };
}

/** Checked tools of recent requests: those of an agent are the same in all its requests. */
const recentTools = new RecentLists<RequestBody['tools']>();

function* checkTools(given: Readonly<Record<string, unknown>>): Steps<RequestBody['tools']> {
  const list = listIn(given, 'tools');
  const key = recentTools.keyOf(list);
  const known = recentTools.get(key);
  if (known !== undefined) return known;
  const tools: RequestBody['tools'][number][] = [];
  for (const [index, tool] of list.entries()) {
    checkKeys(tool, index);
    tools.push(parseItem(rawTool, given, 'tools', index));
    yield;
  }
  recentTools.set(key, tools);
  return tools;
}

function checkBlocks(item: unknown, index: number): void {
  let count = 0;
  for (const block of listIn(item, 'content')) {
    const source = isRecord(block) ? block['source'] : undefined;
    count += 1 + listIn(block, 'content').length + listIn(source, 'content').length;
    if (count <= MOST_BLOCKS) continue;
    throw new RuntimeFailure(
      'invalid-request',
      `messages.${index}.content: List should have at most ${MOST_BLOCKS} items`,
    );
  }
}

function* checkValues(item: unknown, index: number): Steps<void> {
  const waiting = [item];
  for (let count = 1; waiting.length > 0; count += 1) {
    if (count > MOST_VALUES) {
      throw new RuntimeFailure(
        'invalid-request',
        `messages.${index}: Input should be JSON of at most ${MOST_VALUES} values`,
      );
    }
    const value = waiting.pop();
    if (typeof value === 'object' && value !== null) append(waiting, Object.values(value));
    if (count % VALUES_A_STEP === 0) yield;
  }
}

function checkKeys(tool: unknown, index: number): void {
  if (!isRecord(tool) || Object.keys(tool).length <= MOST_TOOL_KEYS) return;
  throw new RuntimeFailure(
    'invalid-request',
    `tools.${index}: Input should have at most ${MOST_TOOL_KEYS} keys`,
  );
}

function listIn(value: unknown, field: string): readonly unknown[] {
  const list = isRecord(value) ? value[field] : undefined;
  return Array.isArray(list) ? list : [];
}

import { RuntimeFailure } from '../../../core/failure.ts';
import { isRecord } from '../../../core/json.ts';
import type { Steps } from '../../../core/steps.ts';
import { parseItem } from '../issues.ts';
import { message, type BodyOutline, type RequestBody } from '../schema/request.ts';
import { rawTool } from '../schema/tools.ts';
import { checkToolCount } from './tools.ts';
import { MOST_PATHS, unknownKeys } from './unknown-keys.ts';

/** Limit of blocks in one message, including those inside results and documents. */
const MOST_BLOCKS = 10_000;

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
    const checked = parseItem(message, given, 'messages', index);
    messages.push(checked);
    if (unknown.size < MOST_PATHS) {
      for (const path of unknownKeys(item, checked)) unknown.add(`messages.${path}`);
    }
    if (Array.isArray(givenMessages)) givenMessages[index] = undefined;
    yield;
  }
  const tools: RequestBody['tools'][number][] = [];
  for (const index of (outline.tools ?? []).keys()) {
    tools.push(parseItem(rawTool, given, 'tools', index));
    yield;
  }
  return { body: { ...outline, messages, tools }, unknownInMessages: [...unknown] };
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

function listIn(value: unknown, field: string): readonly unknown[] {
  const list = isRecord(value) ? value[field] : undefined;
  return Array.isArray(list) ? list : [];
}

import { RuntimeFailure } from '../../../core/errors.ts';
import { isRecord } from '../../../core/json.ts';
import type { Steps } from '../../../core/steps.ts';
import { parseItem } from '../issues.ts';
import { message, type BodyOutline, type RequestBody } from '../schema/request.ts';
import { rawTool } from '../schema/tools.ts';

/** Blocks of one message, those inside of results and documents too. */
const MOST_BLOCKS = 10_000;

/** Checks messages and tools one by one. Throws invalid-request for the first that is wrong. */
export function* checkItems(outline: BodyOutline, body: unknown): Steps<RequestBody> {
  const given = isRecord(body) ? body : {};
  const messages: RequestBody['messages'][number][] = [];
  for (const [index, item] of outline.messages.entries()) {
    checkBlocks(item, index);
    messages.push(parseItem(message, given, 'messages', index));
    yield;
  }
  const tools: RequestBody['tools'][number][] = [];
  for (const index of (outline.tools ?? []).keys()) {
    tools.push(parseItem(rawTool, given, 'tools', index));
    yield;
  }
  return { ...outline, messages, tools };
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

import { isDeepStrictEqual } from 'node:util';
import type { ToolSpec } from '../../../core/conversation.ts';
import { RuntimeFailure } from '../../../core/failure.ts';
import type { Steps } from '../../../core/steps.ts';
import type { MessageBlock, ToolChangeBlock } from '../schema/blocks.ts';
import type { Message } from '../schema/request.ts';
import type { RawTool } from '../schema/tools.ts';
import { decodeTool } from './tools.ts';

/**
 * The request's tools, and behind them those that the conversation defines on its way: deferred, so
 * that they are rendered where they were added. Throws where one name would mean two tools, and where
 * a change names a tool that is not defined before it.
 */
export function* withAddedTools(
  declared: readonly ToolSpec[],
  messages: readonly Message[],
): Steps<readonly ToolSpec[]> {
  const tools = new Map(declared.map((tool) => [tool.name, tool]));
  for (const { change, at } of yield* changesOf(messages)) {
    yield;
    checkReference(change, at, tools);
    if (change.tool.type !== 'tool_definition') continue;
    const added = { ...decodeTool(change.tool.definition, at), deferred: true };
    const known = tools.get(added.name);
    if (known === undefined) tools.set(added.name, added);
    else if (!isDeepStrictEqual({ ...known, deferred: true }, added)) {
      throw new RuntimeFailure(
        'invalid-request',
        `${at.join('.')}: a different tool named '${added.name}' is already there; give this one another name`,
        { details: { error_code: 'tool_name_conflict' } },
      );
    }
  }
  return [...tools.values()];
}

/** The tools that the conversation defines on its way, as they came. */
export function* addedDefinitions(messages: readonly Message[]): Steps<readonly RawTool[]> {
  const changes = yield* changesOf(messages);
  return changes.flatMap(({ change: { tool } }) =>
    tool.type === 'tool_definition' ? [tool.definition] : [],
  );
}

function checkReference(
  { tool }: ToolChangeBlock,
  at: readonly string[],
  tools: ReadonlyMap<string, ToolSpec>,
): void {
  if (tool.type !== 'tool_reference' || tools.has(tool.name)) return;
  throw new RuntimeFailure(
    'invalid-request',
    `${at.join('.')}.tool: Tool '${tool.name}' is not defined at this point; add it to tools, or define it in a tool_addition before`,
    { details: { error_code: 'tool_reference_unresolved' } },
  );
}

interface PlacedChange {
  readonly change: ToolChangeBlock;
  readonly at: readonly string[];
}

const NO_CHANGES: readonly ToolChangeBlock[] = [];
const NO_PLACED_CHANGES: readonly PlacedChange[] = [];

function* changesOf(messages: readonly Message[]): Steps<readonly PlacedChange[]> {
  const changes: PlacedChange[] = [];
  for (const [index, message] of messages.entries()) {
    changes.push(...changesIn(message, index));
    yield;
  }
  return changes;
}

function changesIn(message: Message, index: number): readonly PlacedChange[] {
  const blocks: readonly MessageBlock[] = message.content ?? [];
  return blocks.flatMap((block, position) => {
    const changes = changesOfBlock(block);
    if (changes.length === 0) return NO_PLACED_CHANGES;
    const at = ['messages', String(index), 'content', String(position), block.type];
    return changes.map((change) => ({ change, at }));
  });
}

function changesOfBlock(block: MessageBlock): readonly ToolChangeBlock[] {
  if (block.type === 'compaction') return block.tool_changes ?? NO_CHANGES;
  return block.type === 'tool_addition' || block.type === 'tool_removal' ? [block] : NO_CHANGES;
}

import { isDeepStrictEqual } from 'node:util';
import type { ToolSpec } from '../../../core/conversation.ts';
import { RuntimeFailure } from '../../../core/errors.ts';
import type { MessageBlock, ToolChangeBlock } from '../schema/blocks.ts';
import type { Message } from '../schema/request.ts';
import { decodeTool } from './tools.ts';

/**
 * The request's tools, and behind them those that the conversation defines on its way: deferred, so
 * that they are rendered where they were added. Throws where one name would mean two tools.
 */
export function withAddedTools(
  declared: readonly ToolSpec[],
  messages: readonly Message[],
): readonly ToolSpec[] {
  const tools = [...declared];
  for (const { change, at } of messages.flatMap((message, index) => changesIn(message, index))) {
    if (change.tool.type !== 'tool_definition') continue;
    const added = { ...decodeTool(change.tool.definition, at), deferred: true };
    const known = tools.find(({ name }) => name === added.name);
    if (known === undefined) tools.push(added);
    else if (!isDeepStrictEqual({ ...known, deferred: true }, added)) {
      throw new RuntimeFailure(
        'invalid-request',
        `${at.join('.')}: a different tool named '${added.name}' is already there; give this one another name`,
      );
    }
  }
  return tools;
}

interface PlacedChange {
  readonly change: ToolChangeBlock;
  readonly at: readonly string[];
}

function changesIn(message: Message, index: number): readonly PlacedChange[] {
  const blocks: readonly MessageBlock[] = message.content ?? [];
  return blocks.flatMap((block, position) => {
    const at = ['messages', String(index), 'content', String(position), block.type];
    if (block.type === 'compaction') {
      return (block.tool_changes ?? []).map((change) => ({ change, at }));
    }
    return block.type === 'tool_addition' || block.type === 'tool_removal'
      ? [{ change: block, at }]
      : [];
  });
}

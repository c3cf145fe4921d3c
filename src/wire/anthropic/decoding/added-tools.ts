import { isDeepStrictEqual } from 'node:util';
import type { ToolSpec } from '../../../core/conversation.ts';
import { RuntimeFailure } from '../../../core/errors.ts';
import type { MessageBlock, ToolChangeBlock } from '../schema/blocks.ts';
import type { Message } from '../schema/request.ts';
import type { RawTool } from '../schema/tools.ts';
import { decodeTool } from './tools.ts';

/**
 * The request's tools, and behind them those that the conversation defines on its way: deferred, so
 * that they are rendered where they were added. Throws where one name would mean two tools, and where
 * a change names a tool that is not defined before it.
 */
export function withAddedTools(
  declared: readonly ToolSpec[],
  messages: readonly Message[],
): readonly ToolSpec[] {
  const tools = [...declared];
  const changes = messages.flatMap((message, index) => changesIn(message, index));
  for (const { change, at } of changes) {
    checkReference(change, at, tools);
    if (change.tool.type !== 'tool_definition') continue;
    const added = { ...decodeTool(change.tool.definition, at), deferred: true };
    const known = tools.find(({ name }) => name === added.name);
    if (known === undefined) tools.push(added);
    else if (!isDeepStrictEqual({ ...known, deferred: true }, added)) {
      throw new RuntimeFailure(
        'invalid-request',
        `${at.join('.')}: a different tool named '${added.name}' is already there; give this one another name`,
        { details: { error_code: 'tool_name_conflict' } },
      );
    }
  }
  return tools;
}

/** The tools that the conversation defines on its way, as they came. */
export function addedDefinitions(messages: readonly Message[]): readonly RawTool[] {
  const changes = messages.flatMap((message, index) => changesIn(message, index));
  return changes.flatMap(({ change: { tool } }) =>
    tool.type === 'tool_definition' ? [tool.definition] : [],
  );
}

function checkReference(
  { tool }: ToolChangeBlock,
  at: readonly string[],
  tools: readonly ToolSpec[],
): void {
  if (tool.type !== 'tool_reference' || tools.some(({ name }) => name === tool.name)) return;
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

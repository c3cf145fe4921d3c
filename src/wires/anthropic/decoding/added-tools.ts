import { isDeepStrictEqual } from 'node:util';
import type { ToolSpec } from '../../../core/conversation.ts';
import { RuntimeFailure } from '../../../core/failure.ts';
import type { Steps } from '../../../core/steps.ts';
import type {
  MessageBlock,
  ServerToolResultBlock,
  ToolChangeBlock,
  ToolResultBlock,
} from '../schema/blocks.ts';
import type { Message } from '../schema/request.ts';
import type { RawTool } from '../schema/tools.ts';
import { decodeResult } from '../server-tools.ts';
import { checkToolCount, decodeTool } from './tools.ts';
import { append } from '../../../core/lists.ts';

/**
 * Tools of the request, followed by those that the conversation defines. The latter are deferred, so that
 * they are rendered at the place of their addition.
 *
 * @throws {invalid-request} if two different tools share a name, if a tool change or a tool result refers to
 *   a tool that is not defined before it, and if there are too many tools
 */
export function* withAddedTools(
  declared: readonly ToolSpec[],
  messages: readonly Message[],
): Steps<readonly ToolSpec[]> {
  const named = yield* namedToolsOf(messages);
  if (named.length === 0) return declared;
  const tools = new Map(declared.map((tool) => [tool.name, tool]));
  for (const { tool, at } of named) {
    yield;
    checkReference(tool, at, tools);
    if (tool.type !== 'tool_definition') continue;
    const added = { ...decodeTool(tool.definition, at), deferred: true };
    const known = tools.get(added.name);
    if (known === undefined) tools.set(added.name, added);
    else if (!isDeepStrictEqual({ ...known, deferred: true }, added)) {
      throw new RuntimeFailure(
        'invalid-request',
        `${at.join('.')}: a different tool named '${added.name}' already exists; use another name`,
        { details: { error_code: 'tool_name_conflict' } },
      );
    }
    checkToolCount(tools.size);
  }
  return [...tools.values()];
}

/** Definitions of tools inside the conversation, not decoded. */
export function* addedDefinitions(messages: readonly Message[]): Steps<readonly RawTool[]> {
  const named = yield* namedToolsOf(messages);
  return named.flatMap(({ tool }) => (tool.type === 'tool_definition' ? [tool.definition] : []));
}

function checkReference(
  tool: NamedTool['tool'],
  at: readonly string[],
  tools: ReadonlyMap<string, ToolSpec>,
): void {
  if (tool.type !== 'tool_reference' || tools.has(tool.name)) return;
  // Tools of MCP servers are not known before these list them.
  if (tool.name.startsWith('mcp__')) return;
  throw new RuntimeFailure(
    'invalid-request',
    `${at.join('.')}: Tool '${tool.name}' is not defined at this point; add it to tools, or define it in a tool_addition before`,
    { details: { error_code: 'tool_reference_unresolved' } },
  );
}

/** Tool that the conversation defines or refers to. */
interface NamedTool {
  readonly tool: ToolChangeBlock['tool'];
  /** Path of the block that names it. */
  readonly at: readonly string[];
}

const NONE: readonly NamedTool[] = [];

function* namedToolsOf(messages: readonly Message[]): Steps<readonly NamedTool[]> {
  const named: NamedTool[] = [];
  for (const [index, message] of messages.entries()) {
    append(named, namedToolsIn(message, index));
    yield;
  }
  return named;
}

function namedToolsIn(message: Message, index: number): readonly NamedTool[] {
  const blocks: readonly MessageBlock[] = message.content ?? [];
  return blocks.flatMap((block, position) =>
    namedToolsOfBlock(block, ['messages', String(index), 'content', String(position), block.type]),
  );
}

function namedToolsOfBlock(block: MessageBlock, at: readonly string[]): readonly NamedTool[] {
  switch (block.type) {
    case 'compaction':
      return block.tool_changes?.map(({ tool }) => ({ tool, at })) ?? NONE;
    case 'tool_addition':
    case 'tool_removal':
      return [{ tool: block.tool, at }];
    case 'tool_result':
      return referencesIn(block, at);
    case 'tool_search_tool_result':
      return foundIn(block, at);
    default:
      return NONE;
  }
}

function referencesIn({ content }: ToolResultBlock, at: readonly string[]): readonly NamedTool[] {
  return (content ?? []).flatMap((inner, index) => {
    if (inner.type !== 'tool_reference') return NONE;
    const tool = { type: inner.type, name: inner.tool_name };
    return [{ tool, at: [...at, 'content', String(index)] }];
  });
}

function foundIn(
  { type, content = '' }: Pick<ServerToolResultBlock, 'type' | 'content'>,
  at: readonly string[],
): readonly NamedTool[] {
  const outcome = decodeResult(type, content);
  if (outcome?.kind !== 'tools') return NONE;
  return outcome.names.map((name, index) => ({
    tool: { type: 'tool_reference', name },
    at: [...at, 'content', 'tool_references', String(index)],
  }));
}

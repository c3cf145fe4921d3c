import type { Part, Role } from '../../../core/conversation.ts';
import { RuntimeFailure } from '../../../core/failure.ts';
import type { MessageBlock, ThinkingBlock } from '../schema/blocks.ts';
import type { ThinkingSeal } from '../signature.ts';
import { decodeMedia, decodeText } from './media.ts';
import {
  decodeCompaction,
  decodeServerTool,
  decodeToolChange,
  decodeToolResult,
} from './tool-blocks.ts';

/** Position of a block in the request. */
export interface BlockPlace {
  readonly role: Role;
  readonly message: number;
  readonly block: number;
}

/** Roles by block type, for blocks that only one role may send. */
const ONLY_IN: ReadonlyMap<string, Role> = new Map([
  ['tool_use', 'assistant'],
  ['thinking', 'assistant'],
  ['redacted_thinking', 'assistant'],
  ['tool_result', 'user'],
]);

/**
 * Decodes a block to parts: none for empty text and for blocks without content for a model.
 *
 * @throws {invalid-request} for a block of the wrong role, for empty text of the user, and for thinking that
 *   was altered after this server signed it
 */
export function decodeBlock(
  block: MessageBlock,
  place: BlockPlace,
  seal: ThinkingSeal,
): readonly Part[] {
  checkSide(block, place);
  switch (block.type) {
    case 'text':
      return decodeText(block);
    case 'thinking':
      return decodeThinking(block, place, seal);
    case 'redacted_thinking':
      return [{ kind: 'redacted-thinking', data: block.data }];
    case 'tool_use':
      return [{ kind: 'tool-call', id: block.id, name: block.name, input: block.input }];
    case 'tool_result':
      return [decodeToolResult(block, pathOf(place))];
    case 'container_upload':
      return [{ kind: 'container-upload', fileId: block.file_id }];
    case 'compaction':
      return decodeCompaction(block);
    case 'tool_addition':
    case 'tool_removal':
      return [decodeToolChange(block)];
    case 'fallback':
      return [];
    case 'image':
    case 'document':
    case 'search_result':
      return [decodeMedia(block, pathOf(place))];
    case 'server_tool_use':
    case 'mcp_tool_use':
    case 'mcp_tool_listing':
    case 'web_search_tool_result':
    case 'web_fetch_tool_result':
    case 'code_execution_tool_result':
    case 'bash_code_execution_tool_result':
    case 'text_editor_code_execution_tool_result':
    case 'tool_search_tool_result':
    case 'advisor_tool_result':
    case 'mcp_tool_result':
      return [decodeServerTool(block)];
    default:
      return block satisfies never;
  }
}

function pathOf({ message, block }: BlockPlace): string {
  return `messages.${message}.content.${block}`;
}

function checkSide(block: MessageBlock, place: BlockPlace): void {
  const side = ONLY_IN.get(block.type);
  if (side !== undefined && side !== place.role) {
    throw new RuntimeFailure(
      'invalid-request',
      `messages.${place.message}: \`${block.type}\` blocks can only be in \`${side}\` messages`,
    );
  }
  if (block.type === 'text' && block.text === '' && place.role === 'user') {
    throw new RuntimeFailure('invalid-request', 'messages: text content blocks must be non-empty');
  }
}

/** Decodes thinking: no part if another server withheld its text. */
function decodeThinking(
  block: ThinkingBlock,
  place: BlockPlace,
  seal: ThinkingSeal,
): readonly Part[] {
  try {
    const text = seal.open(block.thinking, block.signature ?? '');
    return text === '' ? [] : [{ kind: 'thinking', text }];
  } catch (error) {
    if (!(error instanceof RuntimeFailure)) throw error;
    throw new RuntimeFailure(error.code, `${pathOf(place)}: ${error.message}`, { cause: error });
  }
}

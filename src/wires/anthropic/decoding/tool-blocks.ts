import type {
  CompactionPart,
  Part,
  ServerToolCallPart,
  ServerToolResultPart,
  ToolChangePart,
  ToolResultPart,
} from '../../../core/conversation.ts';
import { mcpToolName } from '../../../core/mcp.ts';
import type { JsonValue } from '../../../core/json.ts';
import type {
  CompactionBlock,
  ServerToolBlock,
  ToolChangeBlock,
  ToolResultBlock,
  ToolResultContentBlock,
} from '../schema/blocks.ts';
import { decodeResult, modelCallId } from '../server-tools.ts';
import { decodeMedia, decodeText } from './media.ts';

/**
 * Decodes the result of a client's tool.
 *
 * @param at path of the block, such as `messages.0.content.1`
 */
export function decodeToolResult(block: ToolResultBlock, at: string): ToolResultPart {
  return {
    kind: 'tool-result',
    callId: block.tool_use_id,
    output: (block.content ?? []).flatMap((inner, index) =>
      decodeContent(inner, block.tool_use_id, `${at}.tool_result.content.${index}`),
    ),
    isError: block.is_error ?? false,
  };
}

function decodeContent(block: ToolResultContentBlock, callId: string, at: string): readonly Part[] {
  switch (block.type) {
    case 'text':
      return decodeText(block);
    case 'tool_reference':
      return [{ kind: 'tool-reference', name: block.tool_name }];
    case 'browser_state': {
      const { type, tabs, state_changes = null } = block;
      return [serverResult(callId, type, { tabs, state_changes })];
    }
    case 'image':
    case 'document':
    case 'search_result':
      return [decodeMedia(block, at)];
    default:
      return block satisfies never;
  }
}

/** Decodes a call that another server executed, or its result. Includes calls of MCP servers. */
export function decodeServerTool(
  block: ServerToolBlock,
): ServerToolCallPart | ServerToolResultPart {
  switch (block.type) {
    case 'server_tool_use':
    case 'mcp_tool_use': {
      const { id, name, input } = block;
      const called = block.type === 'mcp_tool_use' ? mcpToolName(block.server_name, name) : name;
      return { kind: 'server-tool-call', id: modelCallId(id), name: called, input };
    }
    case 'mcp_tool_listing':
      return serverResult('', block.type, { server: block.mcp_server_name, tools: block.tools });
    case 'web_search_tool_result':
    case 'web_fetch_tool_result':
    case 'code_execution_tool_result':
    case 'bash_code_execution_tool_result':
    case 'text_editor_code_execution_tool_result':
    case 'tool_search_tool_result':
    case 'advisor_tool_result':
    case 'mcp_tool_result': {
      const { type, tool_use_id, content = '', is_error } = block;
      // Only MCP results have an error flag next to the content. It must not get lost.
      const outcome = decodeResult(type, content, is_error === true);
      return {
        ...serverResult(tool_use_id, type, is_error === true ? { is_error, content } : content),
        ...(outcome !== undefined && { outcome }),
      };
    }
    default:
      return block satisfies never;
  }
}

function serverResult(callId: string, blockType: string, content: JsonValue): ServerToolResultPart {
  return { kind: 'server-tool-result', callId: modelCallId(callId), blockType, content };
}

/** Decodes a compaction. One that failed on its server has no content and becomes no part. */
export function decodeCompaction(
  block: CompactionBlock,
): readonly (CompactionPart | ToolChangePart)[] {
  const text = block.content ?? '';
  const changes = (block.tool_changes ?? []).map((change) => decodeToolChange(change));
  return text === '' ? changes : [{ kind: 'compaction', text }, ...changes];
}

/** Decodes the addition or removal of a tool. */
export function decodeToolChange(block: ToolChangeBlock): ToolChangePart {
  const change = block.type === 'tool_addition' ? 'added' : 'removed';
  return { kind: 'tool-change', change, name: changedName(block.tool) };
}

function changedName(tool: ToolChangeBlock['tool']): string {
  switch (tool.type) {
    case 'tool_reference':
    case 'mcp_tool_reference':
      return tool.name;
    case 'mcp_toolset_reference':
      return tool.server_name;
    case 'tool_definition':
      return tool.definition.name ?? tool.definition.mcp_server_name ?? '';
    default:
      return tool satisfies never;
  }
}

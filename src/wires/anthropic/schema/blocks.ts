import { z } from 'zod';
import { cacheControl } from './cache-control.ts';
import { textCitation } from './citations.ts';
import { jsonObject, jsonValue } from './json.ts';
import { list } from './list.ts';
import { documentSources, imageSource } from './sources.ts';
import { rawTool } from './tools.ts';

const cache_control = cacheControl;
const citations = z.object({ enabled: z.boolean().nullish() }).nullish();

const textBlock = z.object({
  type: z.literal('text'),
  text: z.string(),
  citations: list(textCitation).nullish(),
  cache_control,
});

/** List of blocks, or a string as the short form of one text block. An empty string means no block. */
function stringOr<Block extends z.ZodType>(block: Block) {
  return z.union([z.string().transform((text) => shortForm(text)), list(block)]);
}

function shortForm(text: string): readonly TextBlock[] {
  return text === '' ? [] : [{ type: 'text', text }];
}

export const textContent = stringOr(textBlock);

/** Only supported mode: oversized images are always scaled down. */
const onlyDownsize = z.literal('downsize');

const imageBlock = z.object({
  type: z.literal('image'),
  source: imageSource,
  transformations: z.object({ oversized_image: onlyDownsize.nullish() }).nullish(),
  cache_control,
});

const contentSource = z.object({
  type: z.literal('content'),
  content: stringOr(z.discriminatedUnion('type', [textBlock, imageBlock])),
});
const documentBlock = z.object({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [...documentSources, contentSource]),
  title: z.string().nullish(),
  context: z.string().nullish(),
  citations,
  cache_control,
});
const searchResultBlock = z.object({
  type: z.literal('search_result'),
  source: z.string(),
  title: z.string(),
  content: list(textBlock),
  citations,
  cache_control,
});

const thinkingBlock = z.object({
  type: z.literal('thinking'),
  thinking: z.string(),
  // Clients that received no signature leave it out, or send null or an empty one.
  signature: z.string().nullish(),
});
const redactedThinkingBlock = z.object({
  type: z.literal('redacted_thinking'),
  data: z.string(),
});

const call = { id: z.string().min(1), name: z.string(), input: jsonObject, cache_control };
const toolUseBlock = z.object({ type: z.literal('tool_use'), ...call });
const serverToolUseBlock = z.object({
  type: z.literal('server_tool_use'),
  ...call,
});
const mcpToolUseBlock = z.object({
  type: z.literal('mcp_tool_use'),
  ...call,
  server_name: z.string(),
});

const toolReferenceBlock = z.object({
  type: z.literal('tool_reference'),
  tool_name: z.string(),
  cache_control,
});
const browserStateBlock = z.object({
  type: z.literal('browser_state'),
  tabs: jsonValue,
  state_changes: jsonValue.optional(),
  cache_control,
});
const toolResultContent = z.discriminatedUnion('type', [
  textBlock,
  imageBlock,
  searchResultBlock,
  documentBlock,
  toolReferenceBlock,
  browserStateBlock,
]);
const toolResultBlock = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  content: stringOr(toolResultContent).nullish(),
  is_error: z.boolean().nullish(),
  cache_control,
});

const serverToolResultBlock = z.object({
  type: z.enum([
    'web_search_tool_result',
    'web_fetch_tool_result',
    'code_execution_tool_result',
    'bash_code_execution_tool_result',
    'text_editor_code_execution_tool_result',
    'tool_search_tool_result',
    'advisor_tool_result',
    'mcp_tool_result',
  ]),
  tool_use_id: z.string(),
  content: jsonValue.optional(),
  is_error: z.boolean().nullish(),
  cache_control,
});
const mcpToolListingBlock = z.object({
  type: z.literal('mcp_tool_listing'),
  mcp_server_name: z.string(),
  tools: jsonValue,
});

const changedTool = z.discriminatedUnion('type', [
  z.object({ type: z.literal('tool_reference'), name: z.string() }),
  z.object({ type: z.literal('mcp_tool_reference'), name: z.string(), server_name: z.string() }),
  z.object({ type: z.literal('mcp_toolset_reference'), server_name: z.string() }),
  z.object({ type: z.literal('tool_definition'), definition: rawTool }),
]);
const toolChangeBlock = z.object({
  type: z.enum(['tool_addition', 'tool_removal']),
  tool: changedTool,
  cache_control,
});
const compactionBlock = z.object({
  type: z.literal('compaction'),
  content: z.string().nullish(),
  tool_changes: list(toolChangeBlock).nullish(),
  cache_control,
});

const containerUploadBlock = z.object({
  type: z.literal('container_upload'),
  file_id: z.string(),
  cache_control,
});
/** Marks the place where another server switched to another model. */
const fallbackBlock = z.object({ type: z.literal('fallback') });

/** Block of a user or assistant message, including those of betas. */
const messageBlock = z.discriminatedUnion('type', [
  textBlock,
  imageBlock,
  documentBlock,
  searchResultBlock,
  thinkingBlock,
  redactedThinkingBlock,
  toolUseBlock,
  toolResultBlock,
  serverToolUseBlock,
  mcpToolUseBlock,
  serverToolResultBlock,
  containerUploadBlock,
  compactionBlock,
  toolChangeBlock,
  mcpToolListingBlock,
  fallbackBlock,
]);

export const messageContent = stringOr(messageBlock);

/** Content of a system message inside the conversation. */
export const systemContent = stringOr(z.discriminatedUnion('type', [textBlock, toolChangeBlock]));

export type TextBlock = z.output<typeof textBlock>;
export type MessageBlock = z.output<typeof messageBlock>;
export type DocumentBlock = z.output<typeof documentBlock>;
export type MediaBlock = z.output<
  typeof imageBlock | typeof documentBlock | typeof searchResultBlock
>;
export type ThinkingBlock = z.output<typeof thinkingBlock>;
export type ToolResultBlock = z.output<typeof toolResultBlock>;
export type ToolResultContentBlock = z.output<typeof toolResultContent>;
export type ServerToolResultBlock = z.output<typeof serverToolResultBlock>;
export type ServerToolBlock = z.output<
  | typeof serverToolUseBlock
  | typeof mcpToolUseBlock
  | typeof serverToolResultBlock
  | typeof mcpToolListingBlock
>;
export type ToolChangeBlock = z.output<typeof toolChangeBlock>;
export type CompactionBlock = z.output<typeof compactionBlock>;

import type { AppliedEdit } from '../../core/context-edits.ts';
import type { CacheMiss, GenerationEvent, StopReason, Usage } from '../../core/events.ts';
import type { CacheLifetime } from './decoding/cache-control.ts';
import type { JsonObject } from '../../core/json.ts';
import { encodeServiceUse } from './server-tools.ts';
import type { ServerResultBlock } from './server-tools.ts';

/** Block in its start event. Deltas extend it. */
export type ContentBlock =
  // No `citations: null`: Vercel AI SDK 5 and 6 refuse it.
  | { readonly type: 'text'; readonly text: string; readonly citations?: readonly [] }
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | { readonly type: 'compaction'; readonly content: null; readonly encrypted_content: null }
  | ServerResultBlock
  | {
      readonly type: 'mcp_tool_use';
      readonly id: string;
      readonly name: string;
      readonly server_name: string;
      readonly input: JsonObject;
    }
  | {
      readonly type: 'tool_use' | 'server_tool_use';
      readonly id: string;
      readonly name: string;
      readonly input: JsonObject;
      readonly caller: { readonly type: 'direct' };
    };

/** Start of the block of a call that this server executes, by itself or by an MCP server. */
export function servedCall(id: string, name: string, mcpServer: string | undefined): ContentBlock {
  if (mcpServer !== undefined) {
    return { type: 'mcp_tool_use', id, name, server_name: mcpServer, input: {} };
  }
  return { type: 'server_tool_use', id, name, input: {}, caller: { type: 'direct' } };
}

export type BlockDelta =
  | { readonly type: 'text_delta'; readonly text: string }
  | { readonly type: 'citations_delta'; readonly citation: JsonObject }
  | { readonly type: 'thinking_delta'; readonly thinking: string }
  | { readonly type: 'signature_delta'; readonly signature: string }
  | { readonly type: 'input_json_delta'; readonly partial_json: string }
  | {
      readonly type: 'compaction_delta';
      readonly content: string | null;
      readonly encrypted_content: null;
    };

/** Message before any content. */
export type StartedMessage = JsonObject & { readonly usage: JsonObject };

/**
 * Event of a streamed message.
 *
 * @see https://docs.claude.com/en/docs/build-with-claude/streaming
 */
export type StreamEvent =
  | { readonly type: 'message_start'; readonly message: StartedMessage }
  | {
      readonly type: 'content_block_start';
      readonly index: number;
      readonly content_block: ContentBlock;
    }
  | { readonly type: 'content_block_delta'; readonly index: number; readonly delta: BlockDelta }
  | { readonly type: 'content_block_stop'; readonly index: number }
  | {
      readonly type: 'message_delta';
      readonly delta: JsonObject;
      readonly usage: JsonObject;
      readonly context_management?: JsonObject;
    }
  | { readonly type: 'message_stop' };

/** Message for the start of a stream, with the known token counts of its prompt. */
export function startMessage(
  id: string,
  model: string,
  known: Extract<GenerationEvent, { type: 'admitted' }> | undefined,
  lifetime: CacheLifetime,
): StartedMessage {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: encodeDiagnostics(known?.cacheMiss),
    usage: {
      ...encodeUsage(
        {
          promptTokens: known?.inputTokens ?? 0,
          ...(known?.cache ?? { cacheReadTokens: 0, cacheCreationTokens: 0 }),
          outputTokens: 0,
          thinkingTokens: 0,
        },
        lifetime,
      ),
      service_tier: 'standard',
      inference_geo: null,
      speed: null,
    },
  };
}

function encodeDiagnostics(miss: CacheMiss | undefined): JsonObject | null {
  if (miss === undefined) return null;
  switch (miss.reason) {
    case 'not-found':
      return { cache_miss_reason: { type: 'previous_message_not_found' } };
    case 'unknown':
      return { cache_miss_reason: { type: 'unavailable' } };
    default:
      return {
        cache_miss_reason: {
          type: `${miss.reason}_changed`,
          cache_missed_input_tokens: miss.missedTokens,
        },
      };
  }
}

/** Encodes usage as the API counts it: input_tokens excludes tokens read from or written to a cache. */
function encodeUsage(usage: Usage, lifetime: CacheLifetime): JsonObject {
  const { promptTokens, cacheReadTokens, cacheCreationTokens } = usage;
  const long = usage.longCacheTokens ?? (lifetime === '1h' ? cacheCreationTokens : 0);
  return {
    input_tokens: Math.max(0, promptTokens - cacheReadTokens - cacheCreationTokens),
    cache_creation_input_tokens: cacheCreationTokens,
    cache_read_input_tokens: cacheReadTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: cacheCreationTokens - long,
      ephemeral_1h_input_tokens: long,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { thinking_tokens: usage.thinkingTokens },
    server_tool_use: encodeServiceUse(usage.services),
  };
}

/**
 * Events that end a message. If the only call of a `tool-use` answer was cut off, the stop reason becomes
 * `end_turn`, since no client could execute the call.
 */
export function endMessage(
  finish: Extract<GenerationEvent, { type: 'finish' }>,
  hasToolCall: boolean,
  lifetime: CacheLifetime,
): readonly StreamEvent[] {
  const { reason, stopSequence, explanation, usage, edits } = finish;
  const reported = reason === 'tool-use' && !hasToolCall ? 'end-turn' : reason;
  const delta = {
    stop_reason: encodeStopReason(reported),
    stop_sequence: reason === 'stop-sequence' ? stopSequence : null,
    stop_details:
      reason === 'refusal'
        ? { type: 'refusal', category: null, explanation: explanation ?? null }
        : null,
    container: null,
  };
  return [
    {
      type: 'message_delta',
      delta,
      usage: { ...encodeUsage(usage, lifetime), ...encodeIterations(finish, lifetime) },
      ...(edits && { context_management: { applied_edits: edits.map(encodeEdit) } }),
    },
    { type: 'message_stop' },
  ];
}

/** Usage of the summary and of the answer after it, if a summary was written. */
function encodeIterations(
  { reason, usage, compaction }: Extract<GenerationEvent, { type: 'finish' }>,
  lifetime: CacheLifetime,
): JsonObject {
  if (compaction === undefined) return {};
  const written = { type: 'compaction', ...encodeUsage(compaction, lifetime) };
  const answered = { type: 'message', ...encodeUsage(usage, lifetime) };
  return { iterations: reason === 'compaction' ? [written] : [written, answered] };
}

function encodeEdit({ kind, count, clearedTokens }: AppliedEdit): JsonObject {
  const cleared_input_tokens = clearedTokens;
  return kind === 'clear-thinking'
    ? { type: 'clear_thinking_20251015', cleared_thinking_turns: count, cleared_input_tokens }
    : { type: 'clear_tool_uses_20250919', cleared_tool_uses: count, cleared_input_tokens };
}

/** Stop reason in the API's spelling. */
function encodeStopReason(reason: StopReason): string {
  switch (reason) {
    case 'end-turn':
      return 'end_turn';
    case 'max-tokens':
      return 'max_tokens';
    case 'stop-sequence':
      return 'stop_sequence';
    case 'tool-use':
      return 'tool_use';
    case 'pause-turn':
      return 'pause_turn';
    case 'compaction':
      return 'compaction';
    case 'refusal':
      return 'refusal';
    case 'context-exceeded':
      return 'model_context_window_exceeded';
    default:
      return reason satisfies never;
  }
}

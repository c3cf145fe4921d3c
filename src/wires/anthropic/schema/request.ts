import { z } from 'zod';
import { EFFORTS } from '../../../core/backend.ts';
import { messageContent, systemContent, textContent } from './blocks.ts';
import { cacheControl } from './cache-control.ts';
import { compaction, contextManagement } from './context-management.ts';
import { jsonObject } from './json.ts';
import { list, uncheckedList } from './list.ts';
import { mcpServer } from './mcp.ts';
import { toolChoice, type RawTool } from './tools.ts';

/** Integer with a message for other types. zod's own message for a string is about a number. */
const integer = z.int({ error: 'Input should be a valid integer' });

/** Item of `messages`. */
export const message = z.discriminatedUnion('role', [
  z.object({ role: z.literal('user'), content: messageContent }),
  z.object({ role: z.literal('assistant'), content: messageContent }),
  z.object({
    role: z.literal('system'),
    content: systemContent.nullish(),
    clear_at: z.enum(['next_user_message', 'never']).nullish(),
    output_config: z.unknown().optional(),
  }),
]);

const display = z.enum(['summarized', 'omitted', 'updates']).nullish();

const thinking = z.discriminatedUnion('type', [
  z.object({ type: z.literal('enabled'), budget_tokens: integer.min(1024), display }),
  z.object({ type: z.literal('adaptive'), display }),
  z.object({ type: z.literal('between_tools'), display }),
  z.object({ type: z.literal('disabled'), display }),
]);

const outputFormat = z.object({ type: z.literal('json_schema'), schema: jsonObject });

const outputConfig = z.object({
  effort: z.enum(EFFORTS).nullish(),
  format: outputFormat.nullish(),
  task_budget: z.unknown().optional(),
});

/**
 * Limit of the real API.
 *
 * @see https://docs.claude.com/en/api/messages
 */
const MOST_MESSAGES = 100_000;
/** Limit, since each stop sequence is searched after every token. */
const MOST_STOP_SEQUENCES = 1000;

/** Limit of the real API. */
const MOST_MCP_SERVERS = 20;

/** Fields of a body with an effect on this server. `fields.ts` decides on the other ones. */
const shared = {
  model: z.string().min(1).max(256),
  messages: uncheckedList(MOST_MESSAGES),
  system: textContent.nullish(),
  stream: z.boolean().nullish(),
  stop_sequences: list(z.string(), MOST_STOP_SEQUENCES).nullish(),
  // The API's maximum is 1, but many local models are used with more.
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: integer.min(0).nullish(),
  thinking: thinking.nullish(),
  tools: uncheckedList().nullish(),
  tool_choice: toolChoice.nullish(),
  output_config: outputConfig.nullish(),
  output_format: outputFormat.nullish(),
  cache_control: cacheControl,
  compaction: compaction.nullish(),
  context_management: contextManagement.nullish(),
  diagnostics: z.object({ previous_message_id: z.string().max(256).nullish() }).nullish(),
  service_tier: z.enum(['auto', 'standard_only']).nullish(),
  speed: z.enum(['standard', 'fast']).nullish(),
  inference_geo: z.string().nullish(),
  mcp_servers: list(mcpServer, MOST_MCP_SERVERS).nullish(),
  metadata: z.object({ user_id: z.string().max(256).nullish() }).nullish(),
};

/** Body of POST /v1/messages. */
export const messagesBody = z.object({ ...shared, max_tokens: integer.min(0) });

/** Body of POST /v1/messages/count_tokens. `max_tokens` is ignored. */
export const countTokensBody = z.object({ ...shared, max_tokens: z.unknown().optional() });

/** Either body, before messages and tools are validated. */
export type BodyOutline = z.output<z.ZodObject<typeof shared>>;

/** Either body, after validation. Decoding removes its messages. */
export interface RequestBody extends Omit<BodyOutline, 'messages' | 'tools'> {
  readonly messages: Message[];
  readonly tools: readonly RawTool[];
}
export type Message = z.output<typeof message>;
export type ThinkingConfig = z.output<typeof thinking>;

import type { GenerationRequest } from '../../core/backend.ts';
import type { Steps } from '../../core/steps.ts';
import type { WireHeaders } from '../wire.ts';
import { withAddedTools } from './decoding/added-tools.ts';
import { decodeContextEdits } from './decoding/context-management.ts';
import { decodeCacheControl, type CacheLifetime } from './decoding/cache-control.ts';
import { ignoredFields } from './decoding/fields.ts';
import {
  checkCitations,
  decodeOutputSchema,
  decodeSampling,
  decodeStopSequences,
  decodeThinkingMode,
} from './decoding/options.ts';
import { refuseStrictly } from './decoding/strict.ts';
import { withMcpServers } from './decoding/mcp.ts';
import { decodeSession } from './decoding/session.ts';
import { decodeToolChoice, decodeTools } from './decoding/tools.ts';
import { promptPlace } from './decoding/prompt-place.ts';
import { decodeTurns } from './decoding/turns.ts';
import { checkItems, type CheckedBody } from './decoding/items.ts';
import { parseWith } from './issues.ts';
import { countTokensBody, messagesBody, type RequestBody } from './schema/request.ts';
import type { ThinkingSeal } from './signature.ts';

export interface DecodeContext {
  readonly headers: WireHeaders;
  readonly seal: ThinkingSeal;
  /** Refuses what the real API refuses, though a local model can answer it. */
  readonly strict?: boolean;
}

export interface AnthropicRequest {
  readonly modelName: string;
  readonly stream: boolean;
  readonly thinkingDisplay: 'full' | 'omitted';
  /** Accepted fields without an effect on this server, for one log line. */
  readonly ignored: readonly string[];
  /** Requested lifetime of the cached prompt, reported in the usage. */
  readonly cacheLifetime: CacheLifetime;
  readonly request: Omit<GenerationRequest, 'id' | 'model' | 'overflow'>;
}

/**
 * Decodes the body of POST /v1/messages. Removes its messages, to save memory. Error messages use the API's
 * wording.
 *
 * @throws {invalid-request|unsupported}
 */
export function* decodeMessages(body: unknown, context: DecodeContext): Steps<AnthropicRequest> {
  const outline = parseWith(messagesBody, body);
  const checked = yield* checkItems(outline, body);
  const decoded = yield* decodeBody(body, checked, outline.max_tokens, context);
  const { turns } = decoded.request.conversation;
  if (context.strict === true) refuseStrictly(turns, outline.thinking);
  return decoded;
}

/**
 * Decodes the body of POST /v1/messages/count_tokens to the request to count.
 *
 * @throws {invalid-request|unsupported}
 */
export function* decodeCountTokens(body: unknown, context: DecodeContext): Steps<AnthropicRequest> {
  const checked = yield* checkItems(parseWith(countTokensBody, body), body);
  return { ...(yield* decodeBody(body, checked, undefined, context)), stream: false };
}

function* decodeBody(
  given: unknown,
  checked: CheckedBody,
  maxTokens: number | undefined,
  context: DecodeContext,
): Steps<AnthropicRequest> {
  const { body } = checked;
  const announcesBetas = header(context, 'anthropic-beta') !== undefined;
  const ignored = yield* ignoredFields(given, checked, announcesBetas);
  const cache = yield* decodeCacheControl(body);
  const declared = withMcpServers(yield* decodeTools(body.tools), body.mcp_servers ?? []);
  const tools = yield* withAddedTools(declared, body.messages);
  const toolChoice = decodeToolChoice(body.tool_choice, tools);
  const effort = body.output_config?.effort ?? undefined;
  const outputSchema = decodeOutputSchema(body);
  const edits = decodeContextEdits(body);
  const afterResults = endsWithResults(body);
  const said = yield* decodeTurns(body.system ?? [], body.messages, context.seal);
  checkCitations(said.turns, outputSchema !== undefined);
  const conversation = { system: said.system, turns: said.turns, tools };
  const until = cache?.longUntil;
  return {
    modelName: body.model,
    stream: body.stream ?? false,
    thinkingDisplay: body.thinking?.display === 'omitted' ? 'omitted' : 'full',
    ignored,
    cacheLifetime: cache?.lifetime ?? '5m',
    request: {
      conversation,
      toolChoice,
      // Counting generates nothing; 1 is the minimum that every backend accepts.
      maxTokens: maxTokens ?? 1,
      stopSequences: decodeStopSequences(body),
      sampling: decodeSampling(body),
      thinking: decodeThinkingMode(body.thinking, maxTokens, toolChoice, afterResults),
      ...(effort === undefined ? {} : { effort }),
      ...(cache !== undefined && { cachesPrompt: true }),
      ...(until !== undefined && { longCache: promptPlace(until, conversation, said.placed) }),
      ...(outputSchema === undefined ? {} : { outputSchema }),
      ...(edits === undefined ? {} : { edits }),
      ...decodeDiagnosis(body),
      session: decodeSession({
        userId: body.metadata?.user_id ?? undefined,
        session: header(context, 'x-claude-code-session-id'),
        agent: header(context, 'x-claude-code-agent-id'),
        userAgent: header(context, 'user-agent'),
      }),
    },
  };
}

function decodeDiagnosis({ diagnostics }: RequestBody): Pick<GenerationRequest, 'diagnosis'> {
  if (!diagnostics) return {};
  const id = diagnostics.previous_message_id;
  return { diagnosis: id ? { previousAnswerId: id } : {} };
}

/** Returns true if the last message contains tool results. */
function endsWithResults({ messages }: RequestBody): boolean {
  const blocks: readonly { readonly type: string }[] = messages.at(-1)?.content ?? [];
  return blocks.some(({ type }) => type === 'tool_result');
}

/** First value of a header; undefined if empty. */
function header(context: DecodeContext, name: string): string | undefined {
  const value = context.headers[name];
  const first = typeof value === 'string' ? value : value?.[0];
  return first === undefined || first.trim() === '' ? undefined : first;
}

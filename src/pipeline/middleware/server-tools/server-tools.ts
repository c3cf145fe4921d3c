import type { GenerationRequest } from '../../../core/backend.ts';
import type {
  Conversation,
  ToolChoice,
  ToolResultPart,
  ToolSpec,
} from '../../../core/conversation.ts';
import { RuntimeFailure } from '../../../core/failure.ts';
import { withLoadedTools } from '../../../prompt/deferred.ts';
import { NO_USAGE } from '../../../core/events.ts';
import type { GenerationEvent, StopReason, Usage } from '../../../core/events.ts';
import type { ServiceUse } from '../../../core/server-tools.ts';
import type { Generate, GenerationContext, GenerationMiddleware } from '../../middleware.ts';
import { CarriedCalls, serverToolsOf } from './carry-out.ts';
import type { ServerToolSpec } from './carry-out.ts';
import { continued, withServerCalls } from './history.ts';
import { resultOf } from './outcome-text.ts';
import { readRound } from './round.ts';
import type { Round } from './round.ts';
import type { ServerServices } from './services.ts';

/** Most rounds of one answer, as in the API. Afterwards the client sends the answer back to continue. */
const MAX_ROUNDS = 10;

/** Part of a context for one page: 1 / PAGE_SHARE. */
const PAGE_SHARE = 4;

/**
 * Middleware that runs calls of server tools, such as web search. The results of each round of calls are
 * appended, until the model makes no call, or also calls a tool of the client. Calls of earlier answers
 * are passed on as the model made them. The model sees deferred tools after a search or the client loaded them.
 */
export function serverTools(services: ServerServices): GenerationMiddleware {
  return (next) => (request, context) => {
    const read = { ...request, conversation: withServerCalls(request.conversation) };
    const showing: Generate = (round) => next(withShownTools(round, request.toolChoice), context);
    return needsServing(read)
      ? serveCalls(showing, read, context, services)
      : showing(read, context);
  };
}

/** The request with the loaded tools. A tool that the client's choice names stays loaded in all rounds. */
function withShownTools(request: GenerationRequest, choice: ToolChoice): GenerationRequest {
  const { conversation } = request;
  return { ...request, conversation: withoutServers(withLoadedTools(conversation, choice)) };
}

/** The conversation without addresses and tokens of MCP servers, which no backend needs. */
function withoutServers(conversation: Conversation): Conversation {
  const { tools } = conversation;
  if (!tools.some(isMcp)) return conversation;
  const origin = { kind: 'custom' } as const;
  return {
    ...conversation,
    tools: tools.map((tool) => (isMcp(tool) ? { ...tool, origin } : tool)),
  };
}

function isMcp({ origin }: ToolSpec): boolean {
  return origin.kind === 'server' && origin.serverTool?.service === 'mcp';
}

function needsServing({ conversation, toolChoice }: GenerationRequest): boolean {
  return toolChoice.mode !== 'none' && serverToolsOf(conversation.tools).size > 0;
}

async function* serveCalls(
  next: Generate,
  request: GenerationRequest,
  context: GenerationContext,
  services: ServerServices,
): AsyncGenerator<GenerationEvent> {
  const { contextTokens } = context.capabilities;
  const tools = serverToolsOf(request.conversation.tools);
  const carried = new CarriedCalls(services, Math.floor(contextTokens / PAGE_SHARE));
  let continuation = request;
  let spent: Usage | undefined;
  for (let count = 1; ; count += 1) {
    const round: Round = yield* readRound(
      count === 1 ? next(continuation, context) : fitting(next(continuation, context)),
      tools,
      count === 1,
    );
    if (round.finish === undefined) return;
    spent = usageOfRounds(spent, round.finish.usage);
    const results: ToolResultPart[] = [];
    for (const { call, tool } of serverCallsIn(round, tools)) {
      const outcome = await carried.outcome(call, tool, continuation.conversation, context.signal);
      yield {
        type: 'server-tool-result',
        callId: call.id,
        service: tool.serverTool.service,
        outcome,
      };
      results.push(resultOf(call, outcome));
    }
    const left = request.maxTokens - spent.outputTokens;
    const end = endOf(round, results.length, count, left);
    if (end !== undefined) {
      yield { ...round.finish, reason: end, usage: withUse(spent, carried.use) };
      return;
    }
    continuation = {
      ...continuation,
      conversation: continued(continuation.conversation, round.parts, results),
      toolChoice: freed(request.toolChoice),
      maxTokens: left,
    };
  }
}

function serverCallsIn(
  { calls }: Round,
  tools: ReadonlyMap<string, ServerToolSpec>,
): readonly { readonly call: Round['calls'][number]; readonly tool: ServerToolSpec }[] {
  return calls.flatMap((call) => {
    const tool = tools.get(call.name);
    return tool === undefined ? [] : [{ call, tool }];
  });
}

/** Reason why the answer ends with this round; undefined if it continues. */
function endOf(
  { calls, finish }: Round,
  serverCalls: number,
  round: number,
  left: number,
): StopReason | undefined {
  const reason = finish?.reason ?? 'end-turn';
  const waits = reason === 'tool-use' || reason === 'end-turn';
  if (serverCalls === 0 || !waits) return reason;
  if (calls.length > serverCalls) return 'tool-use';
  if (left <= 0) return 'max-tokens';
  return round >= MAX_ROUNDS ? 'pause-turn' : undefined;
}

/** Lets the model decide after the forced call was made. */
function freed(choice: ToolChoice): ToolChoice {
  return choice.mode === 'none' ? choice : { mode: 'auto', parallel: choice.parallel };
}

/** Ends the answer if results fill the context. That is not a failure, because the answer has begun. */
async function* fitting(events: AsyncIterable<GenerationEvent>): AsyncGenerator<GenerationEvent> {
  try {
    yield* events;
  } catch (error) {
    const isFull = error instanceof RuntimeFailure && error.code === 'prompt-too-long';
    if (!isFull) throw error;
    yield { type: 'finish', reason: 'context-exceeded', stopSequence: null, usage: NO_USAGE };
  }
}

/** Adds the usage of a round, as the API does. */
function usageOfRounds(spent: Usage | undefined, usage: Usage): Usage {
  if (spent === undefined) return usage;
  return {
    promptTokens: spent.promptTokens + usage.promptTokens,
    cacheReadTokens: spent.cacheReadTokens + usage.cacheReadTokens,
    cacheCreationTokens: spent.cacheCreationTokens + usage.cacheCreationTokens,
    ...(usage.longCacheTokens !== undefined && {
      longCacheTokens: (spent.longCacheTokens ?? 0) + usage.longCacheTokens,
    }),
    outputTokens: spent.outputTokens + usage.outputTokens,
    thinkingTokens: spent.thinkingTokens + usage.thinkingTokens,
  };
}

function withUse(usage: Usage, services: ServiceUse): Usage {
  return services.webSearches + services.webFetches > 0 ? { ...usage, services } : usage;
}

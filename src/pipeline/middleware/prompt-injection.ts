import {
  callsAsText,
  injectedFormat,
  injectInstructions,
  plainInjection,
} from '../../prompt/inject.ts';
import type { Injection } from '../../prompt/inject.ts';
import { plain } from '../../formats/plain.ts';
import { Output } from '../../output/output.ts';
import { callableTools } from '../../prompt/render.ts';
import type { Capabilities, GenerationRequest } from '../../core/backend.ts';
import type { Turn } from '../../core/conversation.ts';
import type { GenerationEvent, Usage } from '../../core/events.ts';
import { newToolCallId } from '../../core/ids.ts';
import type { Generate, GenerationContext, GenerationMiddleware } from '../middleware.ts';
import { callLimit } from './shared/call-limit.ts';
import { isCut } from './shared/cuts.ts';
import { usageOfTries } from './shared/usage.ts';

/** Features of one request that instructions replace. */
interface RequestInjection extends Injection {
  /** The backend forces a call, although only the instructions describe the tools. */
  readonly forced: boolean;
}

/**
 * Middleware that replaces missing features of a model by instructions. Calls and thinking are parsed from
 * the text, and stop sequences apply to the remaining text only. If the model's turn ends inside its
 * thinking, or without any output, a second request asks for the answer.
 */
export const promptInjection: GenerationMiddleware = (next) => (request, context) => {
  const injection = neededInjection(request, context.capabilities);
  return injection === undefined
    ? next(request, context)
    : generateInjected(next, request, injection, context);
};

/** Features that a request needs and its model does not have; undefined if there are none. */
function neededInjection(
  request: GenerationRequest,
  can: Capabilities,
): RequestInjection | undefined {
  const { conversation, toolChoice, thinking } = request;
  const called = conversation.turns.some(({ parts }) =>
    parts.some(({ kind }) => kind === 'tool-call' || kind === 'tool-result'),
  );
  const tools =
    can.tools === 'none' && (called || callableTools(conversation, toolChoice).length > 0);
  const thinks = can.thinking === 'none' && thinking.mode === 'enabled';
  if (!tools && !thinks) return undefined;
  const demanded = toolChoice.mode === 'any' || toolChoice.mode === 'tool';
  const forced = tools && demanded && can.forcesCalls === true;
  return { ...plainInjection(tools, thinks), forced };
}

/** Rewrites a request for the backend: tools and earlier calls become text, thinking becomes an instruction. */
function injectRequest(request: GenerationRequest, injection: RequestInjection): GenerationRequest {
  const { conversation, toolChoice, thinking } = request;
  const tools = callableTools(conversation, toolChoice);
  // A forced call comes first, so there is no thinking before it.
  const thinks = thinking.mode === 'enabled' && !injection.forced;
  const instructed = injectInstructions(conversation, injection, tools, thinks);
  const written = injection.tools ? callsAsText(instructed) : instructed;
  return {
    ...request,
    conversation: injection.forced ? { ...written, tools } : written,
    toolChoice: injection.tools && !injection.forced ? { mode: 'none' } : toolChoice,
    thinking: injection.thinking ? { mode: 'disabled' } : thinking,
  };
}

/** Request for the answer, after a turn that ended inside its thinking, or without any output. */
function answeringRequest(
  request: GenerationRequest,
  injection: RequestInjection,
  thoughts: string,
  maxTokens: number,
): GenerationRequest {
  const unthinking = { ...request, maxTokens, thinking: { mode: 'disabled' } } as const;
  const injected = injectRequest(unthinking, { ...injection, thinking: false });
  if (thoughts === '') return injected;
  const { turns } = injected.conversation;
  const last = turns.at(-1);
  const begun = last?.role === 'assistant' ? last.parts : [];
  const thought: Turn = { role: 'assistant', parts: [...begun, { kind: 'text', text: thoughts }] };
  const demand: Turn = { role: 'user', parts: [{ kind: 'text', text: 'Now write the answer.' }] };
  const before = begun.length > 0 ? turns.slice(0, -1) : turns;
  return {
    ...injected,
    conversation: { ...injected.conversation, turns: [...before, thought, demand] },
  };
}

async function* generateInjected(
  next: Generate,
  request: GenerationRequest,
  injection: RequestInjection,
  context: GenerationContext,
): AsyncGenerator<GenerationEvent> {
  const output = outputOf(request, injection);
  const limit = callLimit(request);
  const ending = new AbortController();
  let thoughts = '';
  let finish: Finish | undefined;
  const read = async function* read(injected: GenerationRequest): AsyncGenerator<GenerationEvent> {
    for await (const event of next(injected, { ...context, ending: ending.signal })) {
      if (event.type === 'finish') finish = event;
      else if (output.stopped !== null) continue;
      else if (event.type !== 'text-delta') yield event;
      else yield* noted(limit(output.push(event.text)));
      if (output.stopped !== null) ending.abort();
    }
  };
  const noted = (decided: readonly GenerationEvent[]) => {
    for (const event of decided) if (event.type === 'thinking-delta') thoughts += event.text;
    return decided;
  };
  yield* read(injectRequest(request, injection));
  const first: Finish | undefined = finish;
  if (first === undefined) return;
  const remaining = request.maxTokens - first.usage.outputTokens;
  const owesAnswer = (injection.thinking || output.thought) && !output.begun;
  if (first.reason === 'end-turn' && owesAnswer && remaining > 0) {
    if (output.thinking) yield* noted(output.push(injection.thinkingTags.close));
    finish = undefined;
    yield* withoutAdmission(read(answeringRequest(request, injection, thoughts, remaining)));
    if (finish !== undefined) finish = after(first.usage, finish);
  }
  const last: Finish | undefined = finish;
  if (last === undefined) return;
  yield* limit(output.end(isCut(last.reason)));
  yield finished(last, output);
}

function outputOf(request: GenerationRequest, injection: RequestInjection): Output {
  const { conversation, toolChoice, stopSequences } = request;
  return new Output({
    format: { ...injectedFormat(plain, injection), mayQuoteCalls: true },
    thinkingOpen: false,
    continuesText: conversation.turns.at(-1)?.role === 'assistant',
    tools: injection.tools ? callableTools(conversation, toolChoice) : [],
    stopSequences,
    newCallId: newToolCallId,
  });
}

type Finish = Extract<GenerationEvent, { type: 'finish' }>;

function after(first: Usage, finish: Finish): Finish {
  return { ...finish, usage: usageOfTries(first, finish.usage) };
}

function finished(finish: Finish, { calls, stopped }: Output): Finish {
  if (stopped !== null) return { ...finish, reason: 'stop-sequence', stopSequence: stopped };
  const called = calls > 0 && finish.reason === 'end-turn';
  return called ? { ...finish, reason: 'tool-use' } : finish;
}

async function* withoutAdmission(
  events: AsyncIterable<GenerationEvent>,
): AsyncGenerator<GenerationEvent> {
  for await (const event of events) if (event.type !== 'admitted') yield event;
}

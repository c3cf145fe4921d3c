import type { Capabilities, GenerationRequest } from '../../core/backend.ts';
import type { Part, ToolCallPart, ToolChoice, ToolSpec, Turn } from '../../core/conversation.ts';
import type { GenerationEvent } from '../../core/events.ts';
import { isForced } from '../../prompt/tool-choice.ts';
import type { Generate, GenerationContext, GenerationMiddleware } from '../middleware.ts';
import { callFault, callsIn } from './shared/call-faults.ts';
import { secondTry } from './shared/second-try.ts';
import { usageOfTries } from './shared/usage.ts';

type Finish = Extract<GenerationEvent, { type: 'finish' }>;

/** Buffered answer of one try. */
interface Attempt {
  readonly events: readonly GenerationEvent[];
  readonly text: string;
  readonly calls: readonly ToolCallPart[];
  /** Fault of the try, for the model; undefined if its calls are valid. */
  readonly fault: string | undefined;
  readonly finish: Finish | undefined;
}

/**
 * Middleware that demands a forced call from a model without enforced calls. The answer is buffered. If it
 * has no call, or one that violates its schema, the model is asked once more. Calls of the second try are
 * passed on without a check, because clients have to check inputs anyway. If neither try has a call, the
 * answer is the text of the second try, or of the first if the second is empty.
 */
export const forcedCall: GenerationMiddleware = (next) => (request, context) =>
  needsForcing(request, context.capabilities)
    ? forceCall(next, request, { ...context, retriesCalls: true })
    : next(request, context);

function needsForcing({ toolChoice }: GenerationRequest, can: Capabilities): boolean {
  return can.tools !== 'enforced' && can.forcesCalls !== true && isForced(toolChoice);
}

async function* forceCall(
  next: Generate,
  request: GenerationRequest,
  context: GenerationContext,
): AsyncGenerator<GenerationEvent> {
  const narrowed = narrowedTo(request);
  const { tools } = narrowed.conversation;
  const first = yield* attempt(next(narrowed, context), tools, true);
  if (first.fault === undefined) {
    yield* first.events.map(atOnce);
    return;
  }
  const again = secondTry(next(corrected(narrowed, first, first.fault), context), false);
  const second = yield* attempt(again, tools, false);
  // A failed second try has no finish.
  const tries = second.finish === undefined ? [first] : [second, first];
  const better =
    tries.find(({ calls }) => calls.length > 0) ?? tries.find(({ text }) => text !== '') ?? first;
  yield* better.events.filter(({ type }) => type !== 'finish');
  const [last] = tries;
  if (better.finish !== undefined && last?.finish !== undefined) {
    const usage =
      last === first ? last.finish.usage : usageOfTries(first.finish?.usage, last.finish.usage);
    yield { ...better.finish, inOnePiece: true, usage };
  }
}

/** Corrects the reason of a finish: a limit after the last call did not cut off the answer. */
function endedByCalls(event: GenerationEvent, before: readonly GenerationEvent[]): GenerationEvent {
  if (event.type !== 'finish') return event;
  const count = (type: GenerationEvent['type']) => before.filter((one) => one.type === type).length;
  const isCut = count('tool-call-start') > count('tool-call-end');
  return isCut ? event : { ...event, reason: 'tool-use', stopSequence: null };
}

/** Marks the finish of a buffered answer, which arrives in one piece. */
function atOnce(event: GenerationEvent): GenerationEvent {
  return event.type === 'finish' ? { ...event, inOnePiece: true } : event;
}

/** Reads one try. Passes on events that keep the client alive, and buffers the others. */
async function* attempt(
  events: AsyncIterable<GenerationEvent>,
  tools: readonly ToolSpec[],
  admits: boolean,
): AsyncGenerator<GenerationEvent, Attempt> {
  const kept: GenerationEvent[] = [];
  let called = false;
  for await (const event of events) {
    called ||= event.type === 'tool-call-end';
    // After a forced call, only further calls belong to the answer.
    if (called && (event.type === 'text-delta' || event.type === 'thinking-delta')) continue;
    if (event.type === 'progress' || (event.type === 'admitted' && admits)) yield event;
    else if (event.type !== 'admitted') kept.push(called ? endedByCalls(event, kept) : event);
  }
  const calls = callsIn(kept);
  const [fault] = calls.flatMap((call) => callFault(call, tools) ?? []);
  const invalid = fault === undefined ? undefined : `That call is not valid: ${fault}`;
  return {
    events: kept,
    text: kept.map((event) => (event.type === 'text-delta' ? event.text : '')).join(''),
    calls,
    fault: calls.length === 0 ? 'That was no tool call, and one is needed' : invalid,
    finish: kept.find((event) => event.type === 'finish'),
  };
}

/** Offers only the tool that the choice names, and lets the model choose. */
function narrowedTo(request: GenerationRequest): GenerationRequest {
  const { conversation, toolChoice } = request;
  const free: ToolChoice = {
    mode: 'auto',
    parallel: toolChoice.mode !== 'none' && toolChoice.parallel,
  };
  if (toolChoice.mode !== 'tool') return { ...request, toolChoice: free };
  const tools = conversation.tools.filter(({ name }) => name === toolChoice.name);
  return { ...request, conversation: { ...conversation, tools }, toolChoice: free };
}

/** Appends the invalid answer and its fault to the conversation. */
function corrected(
  request: GenerationRequest,
  { text, calls }: Attempt,
  fault: string,
): GenerationRequest {
  const demand = `${fault}. Call ${namesOf(request)} now, and write nothing else.`;
  const said: readonly Part[] = text.trim() === '' ? [] : [{ kind: 'text', text }];
  const results = calls.map(({ id }): Part => {
    const output: readonly Part[] = [{ kind: 'text', text: demand }];
    return { kind: 'tool-result', callId: id, output, isError: true };
  });
  const reply: readonly Part[] = results.length > 0 ? results : [{ kind: 'text', text: demand }];
  const { conversation } = request;
  const turns = [
    ...conversation.turns,
    { role: 'assistant', parts: [...said, ...calls] },
    { role: 'user', parts: reply },
  ] as const;
  return { ...request, conversation: { ...conversation, turns: joined(turns) } };
}

/** Removes empty turns and joins neighbours of one role. */
function joined(turns: readonly Turn[]): readonly Turn[] {
  const all: Turn[] = [];
  for (const turn of turns) {
    if (turn.parts.length === 0) continue;
    const last = all.at(-1);
    if (last?.role !== turn.role) all.push(turn);
    else all[all.length - 1] = { ...last, parts: [...last.parts, ...turn.parts] };
  }
  return all;
}

function namesOf({ conversation }: GenerationRequest): string {
  return conversation.tools.map(({ name }) => name).join(' or ');
}

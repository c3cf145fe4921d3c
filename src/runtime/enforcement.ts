import type { Capabilities, GenerationRequest } from '../core/backend.ts';
import type { ToolChoice, Turn } from '../core/conversation.ts';
import { RuntimeFailure } from '../core/errors.ts';
import type { GenerationEvent, Usage } from '../core/events.ts';

type Finish = Extract<GenerationEvent, { type: 'finish' }>;

/** One try, held back until it is known whether it calls. */
interface Attempt {
  readonly events: readonly GenerationEvent[];
  readonly text: string;
  readonly called: boolean;
  readonly finish: Finish | undefined;
}

/** Whether a demanded call has to be asked for again where the model does not make it. */
export function needsEnforcement({ toolChoice }: GenerationRequest, can: Capabilities): boolean {
  return can.tools !== 'enforced' && (toolChoice.mode === 'any' || toolChoice.mode === 'tool');
}

/**
 * Has a demanded call made by a model that can't be held to it: the answer is held back until it calls,
 * and one without a call is asked for once more. Throws `backend-failed` where that has none either.
 *
 * @param ask answers a request
 */
export async function* enforceCall(
  request: GenerationRequest,
  ask: (request: GenerationRequest) => AsyncIterable<GenerationEvent>,
): AsyncGenerator<GenerationEvent> {
  const narrowed = narrowedTo(request);
  const first = yield* attempt(ask(narrowed), true);
  if (first.called) {
    yield* first.events;
    return;
  }
  const second = yield* attempt(ask(corrected(narrowed, first.text)), false);
  if (!second.called) {
    throw new RuntimeFailure(
      'backend-failed',
      `tool_choice: ${request.model.name} was asked twice for a call of ${namesOf(narrowed)}, and made none. ` +
        'Use tool_choice auto, or a model whose calls can be enforced.',
    );
  }
  yield* second.events.filter(({ type }) => type !== 'finish');
  if (second.finish !== undefined) {
    yield { ...second.finish, usage: together(first.finish?.usage, second.finish.usage) };
  }
}

/** Passes on what tells a client that it is alive, and keeps the rest. */
async function* attempt(
  events: AsyncIterable<GenerationEvent>,
  admits: boolean,
): AsyncGenerator<GenerationEvent, Attempt> {
  const kept: GenerationEvent[] = [];
  for await (const event of events) {
    if (event.type === 'progress' || (event.type === 'admitted' && admits)) yield event;
    else if (event.type !== 'admitted') kept.push(event);
  }
  return {
    events: kept,
    text: kept.map((event) => (event.type === 'text-delta' ? event.text : '')).join(''),
    called: kept.some(({ type }) => type === 'tool-call-end'),
    finish: kept.find((event) => event.type === 'finish'),
  };
}

/** The tool that a choice names is the only one that is offered. */
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

function corrected(request: GenerationRequest, said: string): GenerationRequest {
  const answer: readonly Turn[] =
    said.trim() === '' ? [] : [{ role: 'assistant', parts: [{ kind: 'text', text: said }] }];
  const text = `That was no tool call, and one is needed. Call ${namesOf(request)} now, and write nothing else.`;
  const demand: Turn = { role: 'user', parts: [{ kind: 'text', text }] };
  const { conversation } = request;
  const turns = [...conversation.turns, ...answer, demand];
  return { ...request, conversation: { ...conversation, turns } };
}

function namesOf({ conversation }: GenerationRequest): string {
  return conversation.tools.map(({ name }) => name).join(' or ');
}

/** What was generated in both tries, on the prompt that the client sent. */
function together(first: Usage | undefined, second: Usage): Usage {
  if (first === undefined) return second;
  return {
    ...first,
    outputTokens: first.outputTokens + second.outputTokens,
    thinkingTokens: first.thinkingTokens + second.thinkingTokens,
  };
}

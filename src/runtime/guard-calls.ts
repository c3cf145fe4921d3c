import { callableTools } from '../chat/render.ts';
import { RepairedCall } from '../chat/repair/repaired-call.ts';
import type { GenerationRequest } from '../core/backend.ts';
import type { Turn } from '../core/conversation.ts';
import { RuntimeFailure } from '../core/errors.ts';
import type { GenerationEvent, StopReason, Usage } from '../core/events.ts';
import { isCut } from './cuts.ts';
import { together } from './enforcement.ts';

type Finish = Extract<GenerationEvent, { type: 'finish' }>;
type Ask = (request: GenerationRequest) => AsyncIterable<GenerationEvent>;

/**
 * Answers a request with calls whose arguments are always JSON objects: malformed ones are repaired.
 * If that is not possible and no call was sent, the model is asked once more; after that the call is
 * returned as text. The reason of the finish agrees with the calls.
 *
 * @throws {backend-failed} if a call that was sent in part can't be completed
 */
export async function* guardCalls(
  request: GenerationRequest,
  ask: Ask,
  retries: boolean,
): AsyncGenerator<GenerationEvent> {
  const first = new CallGuard(request);
  for await (const event of ask(request)) yield* first.take(event);
  const { broken, finish } = first;
  if (finish === undefined) return;
  const call = broken.at(0);
  if (call === undefined || !retries || first.calls > 0) {
    yield* first.end();
    return;
  }
  const second = new CallGuard(request);
  for await (const event of ask(askAgain(request, first.text, call))) {
    if (event.type !== 'admitted') yield* second.take(event);
  }
  yield* second.end(finish.usage);
}

/** The calls of one answer. */
class CallGuard {
  readonly #request: GenerationRequest;
  readonly #open = new Map<string, RepairedCall>();
  /** Calls of which nothing was sent, and that have no reading. */
  readonly broken: RepairedCall[] = [];
  finish: Finish | undefined;
  text = '';
  calls = 0;

  constructor(request: GenerationRequest) {
    this.#request = request;
  }

  *take(event: GenerationEvent): Generator<GenerationEvent> {
    switch (event.type) {
      case 'tool-call-start': {
        const { conversation, toolChoice } = this.#request;
        const tools = callableTools(conversation, toolChoice);
        this.#open.set(event.id, new RepairedCall(event.id, event.name, tools));
        return;
      }
      case 'tool-call-delta':
        yield* this.#open.get(event.id)?.push(event.json) ?? [];
        return;
      case 'tool-call-end':
        yield* this.#end(event.id);
        return;
      case 'finish':
        if (!isCut(event.reason)) for (const id of this.#open.keys()) yield* this.#end(id);
        this.finish = event;
        return;
      case 'text-delta':
        this.text += event.text;
        yield event;
        return;
      default:
        yield event;
    }
  }

  /** The calls that stay broken as text, and the finish. */
  *end(before?: Usage): Generator<GenerationEvent> {
    for (const { text } of this.broken) yield { type: 'text-delta', text };
    if (this.finish === undefined) return;
    const usage = before === undefined ? this.finish.usage : together(before, this.finish.usage);
    yield { ...this.finish, reason: this.#reason(this.finish.reason), usage };
  }

  *#end(id: string): Generator<GenerationEvent> {
    const call = this.#open.get(id);
    this.#open.delete(id);
    const events = call?.end();
    if (events !== undefined) {
      this.calls++;
      yield* events;
    } else if (call?.started === true) {
      throw new RuntimeFailure(
        'backend-failed',
        `${this.#request.model.name} broke off a call of ${call.name} in the middle of its ` +
          'arguments. Send the request again.',
      );
    } else if (call !== undefined) this.broken.push(call);
  }

  #reason(reason: StopReason): StopReason {
    if (reason === 'tool-use' && this.calls === 0) return 'end-turn';
    return reason === 'end-turn' && this.calls > 0 ? 'tool-use' : reason;
  }
}

/** The request, the answer that was made, and what was wrong with its call. */
function askAgain(
  request: GenerationRequest,
  said: string,
  { name, text }: RepairedCall,
): GenerationRequest {
  const demand = `The arguments of that call are no JSON object. Call ${name} again, with valid JSON, and write nothing else.`;
  const answered = said.trim() === '' ? text : `${said}\n${text}`;
  const { conversation } = request;
  const last = conversation.turns.at(-1);
  const prior = last?.role === 'assistant' ? conversation.turns.slice(0, -1) : conversation.turns;
  const begun = last?.role === 'assistant' ? last.parts : [];
  const turns: readonly Turn[] = [
    ...prior,
    { role: 'assistant', parts: [...begun, { kind: 'text', text: answered }] },
    { role: 'user', parts: [{ kind: 'text', text: demand }] },
  ];
  return { ...request, conversation: { ...conversation, turns } };
}

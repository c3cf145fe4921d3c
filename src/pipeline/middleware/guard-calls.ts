import { callableTools } from '../../prompt/render.ts';
import { RepairedCall } from '../../formats/repair/repaired-call.ts';
import type { GenerationRequest } from '../../core/backend.ts';
import type { ToolSpec } from '../../core/conversation.ts';
import type { GenerationEvent, StopReason, Usage } from '../../core/events.ts';
import { askAgain } from './ask-again.ts';
import { callsIn } from './call-faults.ts';
import { isCut } from './cuts.ts';
import { together } from './enforcement.ts';
import { secondTry } from './second-try.ts';

type Finish = Extract<GenerationEvent, { type: 'finish' }>;
type Ask = (request: GenerationRequest) => AsyncIterable<GenerationEvent>;

/**
 * Answers a request with calls whose arguments are always JSON objects: malformed ones are repaired.
 * If that is not possible and no other call was made, the model is asked once more; after that the call
 * is returned as text, or left cut off if a part of it was sent. The reason of the finish agrees with the
 * calls.
 *
 * @param mode `held`: nothing of a call is sent before its end, and the model is not asked again
 */
export async function* guardCalls(
  request: GenerationRequest,
  ask: Ask,
  mode: 'again' | 'held',
): AsyncGenerator<GenerationEvent> {
  const first = new CallGuard(request, mode === 'held' || request.whole === true);
  for await (const event of ask(request)) yield* first.take(event);
  const { broken, finish } = first;
  if (finish === undefined) return;
  const call = broken.at(0);
  if (call === undefined || mode === 'held' || first.calls > 0) {
    yield* first.end();
    return;
  }
  const answered = first.text.trim() === '' ? call.text : `${first.text}\n${call.text}`;
  const demand = `That call is not valid: ${call.fault}. Call ${call.name} again, with valid JSON, and write nothing else.`;
  const again = secondTry(ask(askAgain(request, answered, demand)), !call.started);
  const second = new CallGuard(request, call.started || request.whole === true);
  if (!call.started) {
    for await (const event of again) yield* second.take(event);
    yield* second.finish === undefined ? first.end() : second.end(finish.usage);
    return;
  }
  const made: GenerationEvent[] = [];
  for await (const event of again) made.push(...second.take(event));
  yield* first.endBy(made, second.finish);
}

/** The calls of one answer. */
class CallGuard {
  readonly #tools: readonly ToolSpec[];
  readonly #held: boolean;
  readonly #open = new Map<string, RepairedCall>();
  /** Calls that have no reading. */
  readonly broken: RepairedCall[] = [];
  finish: Finish | undefined;
  text = '';
  calls = 0;
  /** The first piece was passed on when it came, or when its call was complete. */
  #begun: 'at once' | 'late' | undefined;

  constructor({ conversation, toolChoice }: GenerationRequest, held: boolean) {
    this.#tools = callableTools(conversation, toolChoice);
    this.#held = held;
  }

  *take(event: GenerationEvent): Generator<GenerationEvent> {
    switch (event.type) {
      case 'tool-call-start':
        this.#open.set(event.id, new RepairedCall(event.id, event.name, this.#tools, this.#held));
        return;
      case 'tool-call-delta':
        yield* this.#passed(this.#open.get(event.id)?.push(event.json) ?? [], 'at once');
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
        yield* this.#passed([event], 'at once');
        return;
      case 'thinking-delta':
        yield* this.#passed([event], 'at once');
        return;
      default:
        yield event;
    }
  }

  #passed(events: readonly GenerationEvent[], how: 'at once' | 'late'): readonly GenerationEvent[] {
    if (events.length > 0) this.#begun ??= how;
    return events;
  }

  /** The calls that stay broken, and the finish. */
  *end(before?: Usage): Generator<GenerationEvent> {
    for (const { text, started } of this.broken) if (!started) yield { type: 'text-delta', text };
    if (this.finish === undefined) return;
    const usage = before === undefined ? this.finish.usage : together(before, this.finish.usage);
    const inOnePiece = this.#begun === 'at once' ? {} : ({ inOnePiece: true } as const);
    yield { ...this.finish, ...inOnePiece, reason: this.#reason(this.finish.reason), usage };
  }

  /** Ends the call that broke off by one of another try, if that agrees with what was sent of it. */
  *endBy(
    again: readonly GenerationEvent[],
    finish: Finish | undefined,
  ): Generator<GenerationEvent> {
    const [call] = this.broken;
    const made = callsIn(again).find(({ name }) => name === call?.name);
    const rest = made && call?.endBy(made.input);
    if (rest !== undefined) {
      yield* rest;
      this.broken.shift();
      this.calls++;
    }
    if (this.finish !== undefined && finish !== undefined) {
      this.finish = { ...this.finish, usage: together(this.finish.usage, finish.usage) };
    }
    yield* this.end();
  }

  *#end(id: string): Generator<GenerationEvent> {
    const call = this.#open.get(id);
    this.#open.delete(id);
    const events = call?.end();
    if (events !== undefined) {
      this.calls++;
      yield* this.#passed(events, 'late');
    } else if (call !== undefined) this.broken.push(call);
  }

  #reason(reason: StopReason): StopReason {
    // The API's word for an answer that ends inside a call.
    if (this.broken.some(({ started }) => started)) return 'max-tokens';
    if (reason === 'tool-use' && this.calls === 0) return 'end-turn';
    return reason === 'end-turn' && this.calls > 0 ? 'tool-use' : reason;
  }
}

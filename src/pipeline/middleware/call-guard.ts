import { setImmediate } from 'node:timers/promises';
import { RepairedCall, toolNamed } from '../../formats/repair/repaired-call.ts';
import { admittedTools, isForced } from '../../prompt/tool-choice.ts';
import type { GenerationRequest } from '../../core/backend.ts';
import type { ToolSpec } from '../../core/conversation.ts';
import type { GenerationEvent, StopReason, Usage } from '../../core/events.ts';
import { TextBuilder } from '../../core/text-builder.ts';
import type { GenerationMiddleware } from '../middleware.ts';
import { askAgain } from './shared/ask-again.ts';
import { isCut } from './shared/cuts.ts';
import { secondTry } from './shared/second-try.ts';
import { usageOfTries } from './shared/usage.ts';

type Finish = Extract<GenerationEvent, { type: 'finish' }>;

/** Time after which other requests get their turn. */
const SLICE_MS = 10;

interface GuardOptions {
  /** The model is asked once more for a call that can't be repaired. */
  readonly asksAgain: boolean;
  /** A grammar makes the arguments valid JSON, so they can be streamed. */
  readonly bound: boolean;
}

/**
 * Middleware that makes the arguments of all calls JSON objects. Malformed arguments are repaired. If that
 * fails and no other call was made, the model is asked once more. If it fails again, the call becomes
 * text. Arguments without a grammar are therefore buffered until their end, unless the client asked for
 * early streaming. The reason of the finish agrees with the calls.
 *
 * If a call is forced, a call of another tool counts as malformed.
 */
export const callGuard: GenerationMiddleware = (next) =>
  async function* guardCalls(request, context) {
    const options = {
      asksAgain: context.retriesCalls !== true,
      bound: context.capabilities.tools === 'enforced',
    };
    const first = new CallGuard(request, options);
    for await (const event of pausedAtCalls(next(request, context))) yield* first.take(event);
    const { finish, demand } = first;
    if (finish === undefined) return;
    if (demand === undefined || !options.asksAgain) {
      yield* first.end();
      return;
    }
    const again = secondTry(next(askAgain(request, first.written, demand), context), true);
    const second = new CallGuard(request, options);
    for await (const event of pausedAtCalls(again)) yield* second.take(event);
    yield* second.finish === undefined ? first.end() : second.end(finish.usage);
  };

/** Lets other requests run between the calls of one answer, because the repair of a call may take long. */
async function* pausedAtCalls(
  events: AsyncIterable<GenerationEvent>,
): AsyncGenerator<GenerationEvent> {
  let since = performance.now();
  for await (const event of events) {
    yield event;
    if (event.type !== 'tool-call-end' || performance.now() - since < SLICE_MS) continue;
    await setImmediate();
    since = performance.now();
  }
}

/** Guard of the calls of one answer. */
class CallGuard {
  readonly #tools: readonly ToolSpec[];
  readonly #options: GuardOptions;
  readonly #demanded: boolean;
  /** The client gets the complete answer at the end, so a call that was cut off is left out. */
  readonly #whole: boolean;
  readonly #open = new Map<string, RepairedCall>();
  /** Calls that can't be repaired. */
  readonly #broken: RepairedCall[] = [];
  finish: Finish | undefined;
  readonly #text = new TextBuilder();
  #calls = 0;
  /** Time of the first output: as soon as it was generated, or after its call was complete. */
  #begun: 'at once' | 'late' | undefined;

  constructor({ conversation, toolChoice, whole }: GenerationRequest, options: GuardOptions) {
    this.#tools = admittedTools(conversation.tools, toolChoice);
    this.#options = options;
    this.#demanded = !options.asksAgain || isForced(toolChoice);
    this.#whole = whole === true || !options.asksAgain;
  }

  /** Original text of the answer. */
  get written(): string {
    const calls = this.#broken.slice(0, 1).map(({ text }) => text);
    const text = this.#text.toString();
    return text.trim() === '' ? calls.join('') : [text, ...calls].join('\n');
  }

  /** Prompt that asks the model for the call again; undefined if no call needs that. */
  get demand(): string | undefined {
    const [call] = this.#broken;
    const sent = this.#calls > 0 || this.#broken.some(({ started }) => started);
    const wanted = this.#tools.map(({ name }) => name).join(' or ');
    if (call === undefined && this.#isLost && wanted !== '') {
      return `Your call did not arrive. Call ${wanted} again, with valid JSON.`;
    }
    if (call === undefined || sent) return undefined;
    const again = call.unwanted ? `Call ${wanted}` : `Call ${call.name} again`;
    return `That call is not valid: ${call.fault}. ${again}, with valid JSON, and write nothing else.`;
  }

  /** True for an empty answer that ends with calls: the server failed to read them. */
  get #isLost(): boolean {
    return (
      this.finish?.reason === 'tool-use' && this.#calls === 0 && this.#text.toString().trim() === ''
    );
  }

  *take(event: GenerationEvent): Generator<GenerationEvent> {
    switch (event.type) {
      case 'tool-call-start':
        this.#open.set(event.id, this.#opened(event.id, event.name));
        return;
      case 'tool-call-delta':
        yield* this.#passed(this.#open.get(event.id)?.push(event.json) ?? [], 'at once');
        return;
      case 'tool-call-end':
        yield* this.#end(event.id);
        return;
      case 'finish':
        for (const [id, call] of this.#open) {
          if (!isCut(event.reason)) yield* this.#end(id);
          else if (!this.#whole) yield* this.#passed(call.cut(), 'late');
        }
        this.finish = event;
        return;
      case 'text-delta':
        this.#text.append(event.text);
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

  /** Yields malformed calls as text, and the finish. */
  *end(before?: Usage): Generator<GenerationEvent> {
    for (const { text, started } of this.#broken) if (!started) yield { type: 'text-delta', text };
    if (this.finish === undefined) return;
    const usage =
      before === undefined ? this.finish.usage : usageOfTries(before, this.finish.usage);
    const inOnePiece = this.#begun === 'at once' ? {} : ({ inOnePiece: true } as const);
    yield { ...this.finish, ...inOnePiece, reason: this.#reason(this.finish.reason), usage };
  }

  #opened(id: string, called: string): RepairedCall {
    const eager = toolNamed(called, this.#tools)?.eagerInput;
    const held = this.#whole || !(eager ?? this.#options.bound);
    return new RepairedCall(id, called, this.#tools, { held, demanded: this.#demanded });
  }

  *#end(id: string): Generator<GenerationEvent> {
    const call = this.#open.get(id);
    this.#open.delete(id);
    const events = call?.end();
    if (events !== undefined) {
      this.#calls++;
      yield* this.#passed(events, 'late');
    } else if (call !== undefined) this.#broken.push(call);
  }

  #reason(reason: StopReason): StopReason {
    // The API reports an answer that ends inside a call as `max_tokens`.
    if (this.#broken.some(({ started }) => started)) return 'max-tokens';
    if (reason === 'tool-use' && this.#calls === 0) return 'end-turn';
    return reason === 'end-turn' && this.#calls > 0 ? 'tool-use' : reason;
  }
}

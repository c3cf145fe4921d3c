import { imagesOf } from '../../../../core/parts.ts';
import type { GenerationEvent } from '../../../../core/events.ts';
import type { EngineCommand, EngineReply } from '../../worker/protocol.ts';
import type { EngineWatch } from '../../worker/engine-watch.ts';
import { largest } from '../../../../core/lists.ts';

/** What a request waits for: its answer to begin, its prompt to be evaluated, or its next token. */
export interface Waiting {
  readonly for: 'answer' | 'prefill' | 'token';
  /** Of its prompt, as far as it was counted. */
  readonly tokens: number;
  readonly pictures: number;
}

/** Longer than any machine takes for a token. */
const TOKEN_MILLISECONDS = 60_000;
/** A CPU takes seconds for a large picture. */
const PICTURE_MILLISECONDS = 60_000;
/** The slowest machine on which anybody would wait for a prompt: four tokens a second. */
const PROMPT_TOKEN_MILLISECONDS = 250;

/** How long an engine may say nothing, in milliseconds, before it is taken for dead. */
export function allowedSilence({ for: what, tokens, pictures }: Waiting): number {
  if (what === 'token') return TOKEN_MILLISECONDS;
  const encoding = TOKEN_MILLISECONDS + pictures * PICTURE_MILLISECONDS;
  return what === 'answer' ? encoding : encoding + tokens * PROMPT_TOKEN_MILLISECONDS;
}

/** Ends an engine that has something to do and has said nothing for too long. */
export class SilenceWatch implements EngineWatch {
  readonly #allowed: (waiting: Waiting) => number;
  readonly #waiting = new Map<number, Waiting>();
  #loading = false;
  #timer: NodeJS.Timeout | undefined;
  #end: (how: string) => void = () => undefined;

  /** @param allowed in milliseconds */
  constructor(allowed: (waiting: Waiting) => number) {
    this.#allowed = allowed;
  }

  started(end: (how: string) => void): void {
    this.#end = end;
  }

  sent(command: EngineCommand): void {
    switch (command.type) {
      case 'count':
      case 'generate':
        this.#waiting.set(command.call, {
          for: 'answer',
          tokens: 0,
          pictures: imagesOf(command.request.conversation).length,
        });
        break;
      case 'capabilities':
      case 'status':
        this.#waiting.set(command.call, { for: 'answer', tokens: 0, pictures: 0 });
        break;
      case 'cancel':
        // It is not answered, and the next request shows whether the engine still lives.
        this.#waiting.delete(command.call);
        break;
      case 'open':
      case 'granted':
      case 'refused':
      case 'close':
        break;
      default:
        command satisfies never;
    }
    this.#rearm();
  }

  heard(reply: EngineReply): void {
    // Its answers are what matters: its main thread may well be in native code.
    if (reply.type === 'alive') return;
    // The weights wait for memory, and take their time.
    if (reply.type === 'acquire') this.#loading = true;
    else if (reply.type === 'settled') this.#loading = false;
    else if (reply.type === 'events') {
      for (const event of reply.events) this.#follow(reply.call, event);
    } else if ('call' in reply) this.#waiting.delete(reply.call);
    this.#rearm();
  }

  ended(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
    this.#loading = false;
  }

  #follow(call: number, event: GenerationEvent): void {
    const known = this.#waiting.get(call);
    if (known === undefined) return;
    const { type } = event;
    if (type === 'admitted') {
      this.#waiting.set(call, { ...known, tokens: event.inputTokens ?? 0 });
    } else if (type === 'progress') {
      this.#waiting.set(call, { ...known, for: awaited(event) });
    } else this.#waiting.set(call, { ...known, for: 'token' });
  }

  #rearm(): void {
    clearTimeout(this.#timer);
    if (this.#loading || this.#waiting.size === 0) return;
    const longest = largest([...this.#waiting.values()].map(this.#allowed));
    const how = `said nothing for ${longest / 1000} s`;
    this.#timer = setTimeout(() => this.#end(how), longest).unref();
  }
}

function awaited(event: Extract<GenerationEvent, { type: 'progress' }>): Waiting['for'] {
  if (event.phase !== 'prefill') return 'answer';
  return event.done < event.total ? 'prefill' : 'token';
}

import { imagesOf } from '../../../../core/parts.ts';
import type { GenerationEvent } from '../../../../core/events.ts';
import type { EngineCommand, EngineReply } from '../../worker/protocol.ts';
import type { EngineWatch } from '../../worker/engine-watch.ts';
import { largest } from '../../../../core/lists.ts';

/** Awaited progress of a request: the start of its answer, its prefill, or its next token. */
export interface Waiting {
  readonly for: 'answer' | 'prefill' | 'token';
  /** Tokens of its prompt, if counted. */
  readonly tokens: number;
  readonly pictures: number;
}

/** Longest time for a token on any machine. */
const TOKEN_MS = 60_000;
/** Additional time per picture. A CPU takes seconds for a large one. */
const PICTURE_MS = 60_000;
/** Time per token of a prompt on the slowest usable machine: four tokens per second. */
const PROMPT_TOKEN_MS = 250;

/** Allowed silence of an engine, in milliseconds, before it counts as hung. */
export function allowedSilence({ for: what, tokens, pictures }: Waiting): number {
  if (what === 'token') return TOKEN_MS;
  const encoding = TOKEN_MS + pictures * PICTURE_MS;
  return what === 'answer' ? encoding : encoding + tokens * PROMPT_TOKEN_MS;
}

/** Ends an engine that has work and was silent for too long. */
export class SilenceWatch implements EngineWatch {
  readonly #allowed: (waiting: Waiting) => number;
  readonly #waiting = new Map<number, Waiting>();
  #loading = false;
  #timer: NodeJS.Timeout | undefined;
  #end: (how: string) => void = () => undefined;

  /** @param allowed returns the allowed silence in milliseconds */
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
        // A cancelled call gets no answer; the next request shows if the engine still works.
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
    // Only answers count, because its main thread may be in native code.
    if (reply.type === 'alive') return;
    // A load waits for memory, and may take long.
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
    const how = `was silent for ${longest / 1000} s`;
    this.#timer = setTimeout(() => this.#end(how), longest).unref();
  }
}

function awaited(event: Extract<GenerationEvent, { type: 'progress' }>): Waiting['for'] {
  if (event.phase !== 'prefill') return 'answer';
  return event.done < event.total ? 'prefill' : 'token';
}

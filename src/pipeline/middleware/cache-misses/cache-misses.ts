import type { GenerationRequest } from '../../../core/backend.ts';
import type { CacheMiss, GenerationEvent } from '../../../core/events.ts';
import { inSlices } from '../../../core/steps.ts';
import type { Generate, GenerationContext, GenerationMiddleware } from '../../middleware.ts';
import { departure, fingerprint } from './fingerprint.ts';
import type { Departure, Fingerprint } from './fingerprint.ts';

/** Number of remembered prompts. */
const MOST_PROMPTS = 500;
/** Tokens that count as missed from here on: the end of a prompt is often evaluated again. */
const FEWEST_MISSED_TOKENS = 64;
/** Missed tokens from which the log has a line. */
const FEWEST_LOGGED_TOKENS = 1000;

interface SentPrompt {
  readonly print: Fingerprint;
  readonly tokens: number;
}

type Admitted = Extract<GenerationEvent, { type: 'admitted' }>;

/**
 * Middleware that reports why a prompt was evaluated again: to the client that names an earlier answer, and to the
 * log for the turns of a session.
 */
export function cacheMisses(log: (message: string) => void): GenerationMiddleware {
  const misses = new CacheMisses(log);
  return (next) => (request, context) =>
    context.backend.loaded === undefined && request.diagnosis === undefined
      ? next(request, context)
      : misses.watch(next, request, context);
}

class CacheMisses {
  readonly #log: (message: string) => void;
  /** Prompts by the id of their answer and by session, the oldest first. */
  readonly #sent = new Map<string, SentPrompt>();

  constructor(log: (message: string) => void) {
    this.#log = log;
  }

  async *watch(
    next: Generate,
    request: GenerationRequest,
    context: GenerationContext,
  ): AsyncGenerator<GenerationEvent> {
    // The log is about prompts that this server evaluates itself.
    const isOwn = context.backend.loaded !== undefined;
    const session = isOwn ? sessionOf(request) : undefined;
    const print = await inSlices(fingerprint(request), context.signal);
    let isJudged = false;
    for await (const event of next(request, context)) {
      if (event.type === 'admitted') {
        isJudged = event.cache !== undefined;
        yield { ...event, ...this.#judged(event, request, print, session) };
        continue;
      }
      if (event.type === 'finish') {
        const { usage } = event;
        const known = { cache: usage, inputTokens: usage.promptTokens };
        // A busy engine knows its reuse late: too late for the client, but not for the log.
        if (isOwn && !isJudged) this.#judged(known, request, print, session);
        this.#keep(request, session, { print, tokens: usage.promptTokens });
      }
      yield event;
    }
  }

  #judged(
    { cache, inputTokens }: Pick<Admitted, 'cache' | 'inputTokens'>,
    request: GenerationRequest,
    print: Fingerprint,
    session: string | undefined,
  ): { readonly cacheMiss?: CacheMiss } {
    const named = request.diagnosis?.previousAnswerId;
    const earlier = this.#sent.get(named ?? session ?? '');
    if (earlier === undefined)
      return named === undefined ? {} : { cacheMiss: { reason: 'not-found' } };
    if (cache === undefined) return {};
    const found = departure(earlier.print, print);
    const missedTokens = Math.min(earlier.tokens, inputTokens ?? Infinity) - cache.cacheReadTokens;
    if (missedTokens < FEWEST_MISSED_TOKENS) return {};
    if (missedTokens >= FEWEST_LOGGED_TOKENS) this.#report(request, missedTokens, found);
    if (named === undefined) return {};
    return { cacheMiss: found ? { reason: found.kind, missedTokens } : { reason: 'unknown' } };
  }

  #report({ conversation }: GenerationRequest, tokens: number, found: Departure | undefined): void {
    const turn = conversation.turns.filter(({ role }) => role === 'user').length;
    const reason = found?.place ?? 'its evaluation is no longer in memory';
    this.#log(`turn ${turn} evaluated ${tokens.toLocaleString('en')} tokens again: ${reason}`);
  }

  #keep({ answerId }: GenerationRequest, session: string | undefined, sent: SentPrompt): void {
    for (const key of [answerId, session]) {
      if (key === undefined) continue;
      this.#sent.delete(key);
      this.#sent.set(key, sent);
    }
    for (const key of this.#sent.keys()) {
      if (this.#sent.size <= MOST_PROMPTS) break;
      this.#sent.delete(key);
    }
  }
}

/** Key of a session's requests of one kind: those for titles have other prompts than the conversation. */
function sessionOf({ session, conversation, outputSchema }: GenerationRequest): string | undefined {
  const id = session.session ?? session.user;
  if (id === undefined) return undefined;
  const { system, tools } = conversation;
  const kind = [session.agent, tools.length > 0, outputSchema !== undefined, system.length];
  return JSON.stringify([id, ...kind]);
}

import type { GenerationRequest, SessionKey } from '../core/backend.ts';

/** Sessions that are remembered; an agent has a handful. */
const LIMIT = 1000;

/** What a request is to its session, the most telling first. */
const STANDINGS = ['conversation', 'plain', 'side'] as const;

type Standing = (typeof STANDINGS)[number];

type Asked = Pick<GenerationRequest, 'session' | 'conversation' | 'outputSchema'>;

/**
 * Which model each session used last, for names that stand for no model of their own. A session's
 * small requests may well go to a model of their own: the conversation's model answers for them, but
 * theirs never for the conversation.
 */
export class RecentModels {
  readonly #models = new Map<string, Partial<Record<Standing, string>>>();

  get(request: Asked): string | undefined {
    const key = keyOf(request.session);
    const used = key === undefined ? undefined : this.#models.get(key);
    if (used === undefined) return undefined;
    const telling = STANDINGS.slice(0, STANDINGS.indexOf(standingOf(request)) + 1);
    return telling.map((standing) => used[standing]).find((model) => model !== undefined);
  }

  set(request: Asked, model: string): void {
    const key = keyOf(request.session);
    if (key === undefined) return;
    const used = { ...this.#models.get(key), [standingOf(request)]: model };
    this.#models.delete(key);
    this.#models.set(key, used);
    const oldest = this.#models.keys().next();
    if (this.#models.size > LIMIT && oldest.done !== true) this.#models.delete(oldest.value);
  }
}

function keyOf(session: SessionKey): string | undefined {
  return session.session ?? session.user;
}

/** An agent's conversation has tools, its subagents name themselves, and its titles have a schema alone. */
function standingOf({ session, conversation, outputSchema }: Asked): Standing {
  if (session.agent !== undefined) return 'side';
  if (conversation.tools.length > 0) return 'conversation';
  return outputSchema === undefined ? 'plain' : 'side';
}

import type { GenerationRequest, SessionKey } from '../core/backend.ts';

/** Largest number of remembered sessions. An agent has a handful. */
const LIMIT = 1000;

/** Roles of a request in its session, the most significant first. */
const STANDINGS = ['conversation', 'plain', 'side'] as const;

type Standing = (typeof STANDINGS)[number];

type Asked = Pick<GenerationRequest, 'session' | 'conversation' | 'outputSchema'>;

/**
 * Model that each session used last, for `claude-…` names that are not aliases. Side requests may use
 * another model than the conversation. The model of the conversation also counts for side requests, but
 * theirs never counts for the conversation.
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

/**
 * Finds the role of a request. The conversation of an agent has tools, a subagent sends its own name, and
 * a request for a title has only a schema.
 */
function standingOf({ session, conversation, outputSchema }: Asked): Standing {
  if (session.agent !== undefined) return 'side';
  if (conversation.tools.length > 0) return 'conversation';
  return outputSchema === undefined ? 'plain' : 'side';
}

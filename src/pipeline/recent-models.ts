import type { GenerationRequest, SessionKey } from '../core/backend.ts';

/** Largest number of remembered sessions. An agent has a handful. */
const LIMIT = 1000;

/** Roles of a request in its session, the most significant first. */
const ROLES = ['conversation', 'plain', 'side'] as const;

type RequestRole = (typeof ROLES)[number];

type RecentRequest = Pick<GenerationRequest, 'session' | 'conversation' | 'outputSchema'>;

/**
 * Model that each session used last, for `claude-…` names that are not aliases. Side requests may use
 * another model than the conversation. The model of the conversation also counts for side requests, but
 * theirs never counts for the conversation.
 */
export class RecentModels {
  readonly #models = new Map<string, Partial<Record<RequestRole, string>>>();

  get(request: RecentRequest): string | undefined {
    const key = keyOf(request.session);
    const used = key === undefined ? undefined : this.#models.get(key);
    if (used === undefined) return undefined;
    const counting = ROLES.slice(0, ROLES.indexOf(roleOf(request)) + 1);
    return counting.map((role) => used[role]).find((model) => model !== undefined);
  }

  set(request: RecentRequest, model: string): void {
    const key = keyOf(request.session);
    if (key === undefined) return;
    const used = { ...this.#models.get(key), [roleOf(request)]: model };
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
function roleOf({ session, conversation, outputSchema }: RecentRequest): RequestRole {
  if (session.agent !== undefined) return 'side';
  if (conversation.tools.length > 0) return 'conversation';
  return outputSchema === undefined ? 'plain' : 'side';
}

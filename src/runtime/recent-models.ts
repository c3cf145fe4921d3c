import type { SessionKey } from '../core/backend.ts';

/** Sessions that are remembered; an agent has a handful. */
const LIMIT = 1000;

/** Which model each session used last, for names that stand for no model of their own. */
export class RecentModels {
  readonly #models = new Map<string, string>();

  get(session: SessionKey): string | undefined {
    const key = keyOf(session);
    return key === undefined ? undefined : this.#models.get(key);
  }

  set(session: SessionKey, model: string): void {
    const key = keyOf(session);
    if (key === undefined) return;
    this.#models.delete(key);
    this.#models.set(key, model);
    const oldest = this.#models.keys().next();
    if (this.#models.size > LIMIT && oldest.done !== true) this.#models.delete(oldest.value);
  }
}

function keyOf(session: SessionKey): string | undefined {
  return session.session ?? session.user;
}

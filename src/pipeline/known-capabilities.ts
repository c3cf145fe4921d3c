import { withTimeout } from '../net/timeouts.ts';
import type { Capabilities } from '../core/backend.ts';
import type { ModelSpec } from '../core/model.ts';
import { largest } from '../core/lists.ts';

/** Time for which capabilities are valid. Backends cache them as long. */
const LIFETIME_MS = 10_000;

/** Time that a listing waits for unknown capabilities. Claude Code waits at most 3 s for the listing. */
const LISTING_TIMEOUT_MS = 1_000;

/** Timeout for a server to describe a model. */
const DESCRIBE_TIMEOUT_MS = 10_000;

/** Largest number of concurrent requests for capabilities. */
const MOST_AT_ONCE = 8;

/** Largest number of cached models. Each edit of an entry adds a new one. */
const MOST_ENTRIES = 2000;

interface Entry {
  readonly capabilities: Capabilities | undefined;
  /** Time of `performance.now()` at which they were found. */
  readonly at: number;
}

interface Refresh {
  readonly since: number;
  readonly done: Promise<void>;
}

/** Finds the capabilities of a model. Throws if its server does not answer. */
export type Describe = (model: ModelSpec, signal: AbortSignal) => Promise<Capabilities | undefined>;

/** Cache of capabilities, for listings and error texts, which can't wait for a slow server. */
export class KnownCapabilities {
  readonly #describe: Describe;
  readonly #entries = new Map<string, Entry>();
  readonly #refreshing = new Map<string, Refresh>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(describe: Describe) {
    this.#describe = describe;
  }

  /** Cached capabilities of a model; undefined if unknown. */
  get(model: ModelSpec): Capabilities | undefined {
    return this.#entries.get(keyOf(model))?.capabilities;
  }

  /**
   * Returns the capabilities of models, in their order. Requests unknown ones with a short timeout, and
   * updates expired ones in the background.
   */
  async listed(models: readonly ModelSpec[]): Promise<readonly (Capabilities | undefined)[]> {
    const unknown = models.flatMap((model) => {
      const refresh = this.#refresh(model);
      return refresh === undefined || this.#entries.has(keyOf(model)) ? [] : [refresh];
    });
    if (unknown.length > 0) {
      // The time counts from the start of the request, so that not every listing waits for a silent server.
      const latest = largest(unknown.map(({ since }) => since));
      const left = Math.max(0, latest + LISTING_TIMEOUT_MS - performance.now());
      await withTimeout(Promise.all(unknown.map(({ done }) => done)), left);
    }
    return models.map((model) => this.get(model));
  }

  /** Returns the present capabilities of a model, or the cached ones if its server does not answer. */
  async latest(model: ModelSpec): Promise<Capabilities | undefined> {
    await this.#refresh(model)?.done;
    return this.get(model);
  }

  #refresh(model: ModelSpec): Refresh | undefined {
    const key = keyOf(model);
    const entry = this.#entries.get(key);
    if (entry !== undefined && performance.now() - entry.at < LIFETIME_MS) return undefined;
    const under = this.#refreshing.get(key);
    if (under !== undefined) return under;
    const done = this.#find(model, key).finally(() => this.#refreshing.delete(key));
    const refresh = { since: performance.now(), done };
    this.#refreshing.set(key, refresh);
    return refresh;
  }

  async #find(model: ModelSpec, key: string): Promise<void> {
    const known = this.#entries.get(key)?.capabilities;
    await this.#turn();
    // If the server does not answer, keep the cached capabilities.
    const capabilities = await this.#describe(
      model,
      AbortSignal.timeout(DESCRIBE_TIMEOUT_MS),
    ).catch(() => known);
    this.#running -= 1;
    this.#waiting.shift()?.();
    this.#entries.delete(key);
    this.#entries.set(key, { capabilities, at: performance.now() });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MOST_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
  }

  async #turn(): Promise<void> {
    while (this.#running >= MOST_AT_ONCE) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
  }
}

function keyOf(model: ModelSpec): string {
  return JSON.stringify(model);
}

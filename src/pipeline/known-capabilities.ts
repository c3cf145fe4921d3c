import { within } from '../net/timeouts.ts';
import type { Capabilities } from '../core/backend.ts';
import type { ModelSpec } from '../core/model.ts';
import { largest } from '../core/lists.ts';

/** Time for which a finding is true: backends remember it as long. */
const LIFETIME_MS = 10_000;

/** A listing waits so long for what is not known yet: Claude Code gives it 3 s in all. */
const LISTING_TIMEOUT_MS = 1_000;

/** A server that takes longer to describe a model hangs. */
const DESCRIBE_TIMEOUT_MS = 10_000;

/** Models that are asked about at the same time. */
const MOST_AT_ONCE = 8;

/** Edited entries leave old ones behind. */
const MOST_ENTRIES = 2000;

interface Entry {
  readonly capabilities: Capabilities | undefined;
  /** When it was found out, of `performance.now()`. */
  readonly at: number;
}

interface Refresh {
  readonly since: number;
  readonly done: Promise<void>;
}

/** Finds out what a model can do. Throws if it can't be asked just now. */
export type Describe = (model: ModelSpec, signal: AbortSignal) => Promise<Capabilities | undefined>;

/** Capabilities of models, as last found out: for listings and error texts, which wait for no one. */
export class KnownCapabilities {
  readonly #describe: Describe;
  readonly #entries = new Map<string, Entry>();
  readonly #refreshing = new Map<string, Refresh>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(describe: Describe) {
    this.#describe = describe;
  }

  /** Known capabilities of a model; undefined if there are none. */
  get(model: ModelSpec): Capabilities | undefined {
    return this.#entries.get(keyOf(model))?.capabilities;
  }

  /**
   * Known capabilities of models, in their order. Unknown ones are asked for, but not
   * waited for long; what is no longer true is found out in the background.
   */
  async listed(models: readonly ModelSpec[]): Promise<readonly (Capabilities | undefined)[]> {
    const unknown = models.flatMap((model) => {
      const refresh = this.#refresh(model);
      return refresh === undefined || this.#entries.has(keyOf(model)) ? [] : [refresh];
    });
    if (unknown.length > 0) {
      // What has been silent for so long is not waited for by each listing again.
      const latest = largest(unknown.map(({ since }) => since));
      const left = Math.max(0, latest + LISTING_TIMEOUT_MS - performance.now());
      await within(Promise.all(unknown.map(({ done }) => done)), left);
    }
    return models.map((model) => this.get(model));
  }

  /** Capabilities of a model now, else the last known ones. */
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
    // A server that is away still has what it had.
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

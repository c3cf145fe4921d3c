import type { Backend, LoadedModel } from '../core/backend.ts';
import { RuntimeFailure } from '../core/failure.ts';
import { append } from '../core/lists.ts';
import type { BackendKind } from '../core/model.ts';

/** Creates a backend when the first request needs it: most servers never need all of them. */
export type BackendFactories = Readonly<Partial<Record<BackendKind, () => Promise<Backend>>>>;

/** Backends that were created so far. */
export class Backends {
  readonly #factories: BackendFactories;
  readonly #created = new Map<BackendKind, Promise<Backend>>();

  constructor(factories: BackendFactories) {
    this.#factories = factories;
  }

  /** @throws {unsupported} if there is no backend of this kind */
  get(kind: BackendKind): Promise<Backend> {
    const known = this.#created.get(kind);
    if (known !== undefined) return known;
    const create = this.#factories[kind];
    if (create === undefined) {
      throw new RuntimeFailure(
        'unsupported',
        `This Portico has no backend of the kind ${kind}. Change \`backend:\` in models.yaml.`,
      );
    }
    const created = create();
    this.#created.set(kind, created);
    // The next request tries again.
    created.catch(() => this.#created.delete(kind));
    return created;
  }

  /** Models that this process holds in memory now. */
  async loaded(signal: AbortSignal): Promise<readonly LoadedModel[]> {
    const found: LoadedModel[] = [];
    for (const backend of await Promise.allSettled(this.#created.values())) {
      if (backend.status === 'fulfilled')
        append(found, (await backend.value.loaded?.(signal)) ?? []);
    }
    return found;
  }

  /** Frees the memory of a model. */
  async unload(name: string): Promise<void> {
    for (const created of this.#created.values()) await (await created).unload?.(name);
  }

  /** Ends all work and frees all that is loaded. */
  async close(): Promise<void> {
    const closing = [...this.#created.values()].map(async (created) => (await created).close());
    this.#created.clear();
    // A backend that could not be created holds nothing.
    await Promise.allSettled(closing);
  }
}

import type { Backend, LoadedModel } from '../core/backend.ts';
import { RuntimeFailure } from '../core/failure.ts';
import { append } from '../core/lists.ts';
import type { BackendKind } from '../core/model.ts';

/** Factories of backends. Each runs at the first request, because most servers need few of them. */
export type BackendFactories = Readonly<Partial<Record<BackendKind, () => Promise<Backend>>>>;

/** Backends, created on demand. */
export class Backends {
  readonly #factories: BackendFactories;
  readonly #created = new Map<BackendKind, Promise<Backend>>();

  constructor(factories: BackendFactories) {
    this.#factories = factories;
  }

  /**
   * Returns a backend, and creates it if needed.
   *
   * @throws {RuntimeFailure} `unsupported` if there is no backend of this kind
   */
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
    // After a failure, the next request tries again.
    created.catch(() => this.#created.delete(kind));
    return created;
  }

  /** Models in the memory of this server. */
  async loaded(signal: AbortSignal): Promise<readonly LoadedModel[]> {
    const found: LoadedModel[] = [];
    for (const backend of await Promise.allSettled(this.#created.values())) {
      if (backend.status === 'fulfilled')
        append(found, (await backend.value.loaded?.(signal)) ?? []);
    }
    return found;
  }

  /** Unloads a model. */
  async unload(name: string): Promise<void> {
    for (const created of this.#created.values()) await (await created).unload?.(name);
  }

  /** Ends all work and unloads all models. */
  async close(): Promise<void> {
    const closing = [...this.#created.values()].map(async (created) => (await created).close());
    this.#created.clear();
    // A backend that failed to start has nothing to close.
    await Promise.allSettled(closing);
  }
}

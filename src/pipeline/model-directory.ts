import type { Capabilities } from '../core/backend.ts';
import type { BackendKind, ModelSpec } from '../core/model.ts';
import { askedName, isSettled, withDiscovered } from '../registry/discovered.ts';
import type { Registry } from '../registry/registry.ts';
import { resolveModel } from '../registry/resolve.ts';
import type { Resolution } from '../registry/resolve.ts';
import type { Backends } from './backends.ts';
import { KnownCapabilities } from './known-capabilities.ts';
import { usableModels } from './usable-models.ts';
import type { NamedModel } from './usable-models.ts';

export interface DirectoryOptions {
  /** The registry as it is now. */
  readonly registry: () => Registry;
  /** Backends whose models answer without being registered. Default: none. */
  readonly discovering?: readonly BackendKind[];
  /** True if a model's file is on this machine. */
  readonly exists: (file: string) => boolean;
  /** True if a model takes images, as far as that is known without asking its backend. */
  readonly sees?: (model: ModelSpec) => boolean | undefined;
}

/** Models that can answer: those of the registry, and those that backends have found. */
export class ModelDirectory {
  readonly #options: DirectoryOptions;
  readonly #backends: Backends;
  /** Capabilities of models, as last found out. */
  readonly known: KnownCapabilities;
  /** Models that backends had when they were asked last. */
  #found: readonly ModelSpec[] = [];

  constructor(options: DirectoryOptions, backends: Backends) {
    this.#options = options;
    this.#backends = backends;
    this.known = new KnownCapabilities((model, signal) => this.#describe(model, signal));
  }

  /** Models that can answer now: the registry's, its aliases, and what backends have found. */
  async models(): Promise<readonly NamedModel[]> {
    this.#found = await this.#discover();
    return this.#usable();
  }

  /**
   * Returns the model that a name means.
   *
   * @param lastUsed the model that the session used last, for names that stand for no model of their own
   * @throws {model-not-found}
   */
  async resolve(name: string, lastUsed?: string): Promise<Resolution> {
    const { exists } = this.#options;
    return resolveModel(await this.#registryFor(name), name, {
      ...(lastUsed !== undefined && { lastUsed }),
      exists,
    });
  }

  /** Name of a model that is known to take images. */
  seeing(): string | undefined {
    const models = this.#usable();
    const known = models.find(({ model }) => this.known.get(model.spec)?.images);
    return (known ?? models.find(({ model }) => this.#options.sees?.(model.spec)))?.name;
  }

  #usable(): readonly NamedModel[] {
    return usableModels(this.#options.registry(), this.#found, this.#options.exists);
  }

  async #describe(model: ModelSpec, signal: AbortSignal): Promise<Capabilities | undefined> {
    const backend = await this.#backends.get(model.backend);
    return backend.describe ? backend.describe(model) : backend.capabilities(model, signal);
  }

  /** Asks no backend for a name whose model is the user's own, or is here. */
  async #registryFor(name: string): Promise<Registry> {
    const registry = this.#options.registry();
    const { exists } = this.#options;
    return isSettled(registry, name, exists)
      ? registry
      : withDiscovered(registry, await this.#discover(askedName(registry, name)), exists);
  }

  async #discover(name?: string): Promise<readonly ModelSpec[]> {
    const { discovering = [] } = this.#options;
    const found = discovering.map(async (kind) =>
      (await this.#backends.get(kind)).discover?.(name),
    );
    return (await Promise.all(found)).flatMap((specs) => specs ?? []);
  }
}

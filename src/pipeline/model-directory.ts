import type { Capabilities } from '../core/backend.ts';
import type { BackendKind, ModelSpec } from '../core/model.ts';
import { searchedName, isSettled, withDiscovered } from '../registry/discovered.ts';
import type { Registry } from '../registry/registry.ts';
import { defaultFor, resolveModel } from '../registry/resolve.ts';
import type { Resolution, ResolutionHints } from '../registry/resolve.ts';
import type { Backends } from './backends.ts';
import { KnownCapabilities } from './known-capabilities.ts';
import { usableModels } from './usable-models.ts';
import type { NamedModel } from './usable-models.ts';

export interface DirectoryOptions {
  /** Returns the present registry. */
  readonly registry: () => Registry;
  /** Backends whose models need no entry in the registry. Default: none. */
  readonly discovering?: readonly BackendKind[];
  /** True if a model's file is on this machine. */
  readonly exists: (file: string) => boolean;
  /** True if a model takes images; undefined if that is unknown without its backend. */
  readonly sees?: (model: ModelSpec) => boolean | undefined;
}

/** Models that can answer: those of the registry, and those that backends find. */
export class ModelDirectory {
  readonly #options: DirectoryOptions;
  readonly #backends: Backends;
  /** Cached capabilities of the models. */
  readonly known: KnownCapabilities;
  /** Models that backends found last. */
  #found: readonly ModelSpec[] = [];

  constructor(options: DirectoryOptions, backends: Backends) {
    this.#options = options;
    this.#backends = backends;
    this.known = new KnownCapabilities((model, signal) => this.#describe(model, signal));
  }

  /** Lists the models that can answer: those of the registry, its aliases, and those that backends find. */
  async models(): Promise<readonly NamedModel[]> {
    this.#found = await this.#discover();
    const usable = this.#usable();
    const local = usable.map(({ model }) => model.spec).filter(({ file }) => file !== undefined);
    await this.known.listed(local);
    return usable.filter(({ model }) => this.known.get(model.spec)?.problem === undefined);
  }

  /**
   * Resolves a name to a model.
   *
   * @param lastUsed model that the session used last, for `claude-…` names that are not aliases
   * @throws {RuntimeFailure} `model-not-found`
   */
  async resolve(name: string, lastUsed?: string): Promise<Resolution> {
    const hints = { ...(lastUsed !== undefined && { lastUsed }), exists: this.#options.exists };
    return resolveModel(await this.#registryFor(name, hints), name, hints);
  }

  /** Returns the name of a model that is known to take images. */
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

  /** Registry for a name, with models that backends find. A known name that can answer needs no backend. */
  async #registryFor(name: string, hints: ResolutionHints): Promise<Registry> {
    const registry = this.#options.registry();
    const { exists } = hints;
    if (isSettled(registry, name, exists)) return registry;
    const found = await this.#withFound(registry, name);
    // A backend does not wait long for a name of Anthropic's, but for the default that answers instead.
    const usual = defaultFor(found, name, hints);
    return usual === undefined || isSettled(found, usual, exists)
      ? found
      : this.#withFound(registry, usual);
  }

  async #withFound(registry: Registry, name: string): Promise<Registry> {
    const found = await this.#discover(searchedName(registry, name));
    return withDiscovered(registry, found, this.#options.exists);
  }

  async #discover(name?: string): Promise<readonly ModelSpec[]> {
    const { discovering = [] } = this.#options;
    const found = discovering.map(async (kind) =>
      (await this.#backends.get(kind)).discover?.(name),
    );
    return (await Promise.all(found)).flatMap((specs) => specs ?? []);
  }
}

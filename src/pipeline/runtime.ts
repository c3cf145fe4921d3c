import { withLoadedTools } from '../prompt/deferred.ts';
import type { Backend, Capabilities, GenerationRequest, LoadedModel } from '../core/backend.ts';
import type { GenerationEvent } from '../core/events.ts';
import type { BackendKind, ModelSpec } from '../core/model.ts';
import { RuntimeFailure } from '../core/failure.ts';
import { askedName, isSettled, withDiscovered } from '../registry/discovered.ts';
import { createImageLoader } from '../images/loader.ts';
import type { ImageLoader } from '../images/loader.ts';
import { lookUp } from '../registry/lookup.ts';
import type { Registry, RegistryModel } from '../registry/registry.ts';
import { resolveModel } from '../registry/resolve.ts';
import type { Resolution } from '../registry/resolve.ts';
import { checkCapabilities, checkChats } from './admission.ts';
import { answer } from './middleware/answer.ts';
import { injectRequest, neededInjection } from './middleware/injection.ts';
import { imagesOf, withPictures } from './middleware/pictures.ts';
import { KnownCapabilities } from './known-capabilities.ts';
import { RecentModels } from './recent-models.ts';
import { withServedCalls } from './middleware/server-tools/history.ts';
import { withoutForeignTools } from './middleware/server-tools/offered.ts';
import { needsServing, serveCalls } from './middleware/server-tools/serve-calls.ts';
import type { ServerServices } from './middleware/server-tools/services.ts';
import { createUnheldReport } from './unheld-report.ts';
import type { UnheldReport } from './unheld-report.ts';
import { cantSee } from './vision-unsupported.ts';
import { refuseUnload } from './unload.ts';
import { usableModels } from './usable-models.ts';
import type { NamedModel } from './usable-models.ts';

/** Makes a backend when the first request needs it: most servers never need all of them. */
export type BackendFactories = Readonly<Partial<Record<BackendKind, () => Promise<Backend>>>>;

export interface RuntimeOptions {
  /** The registry as it is now. */
  readonly registry: () => Registry;
  readonly backends: BackendFactories;
  /** Backends whose models answer without being registered. Default: none. */
  readonly discovering?: readonly BackendKind[];
  /** Whether a model's file is on this machine. */
  readonly exists: (file: string) => boolean;
  readonly overflow: 'clamp' | 'strict';
  /** True if a model takes images, as far as that is known without asking its backend. */
  readonly sees?: (model: ModelSpec) => boolean | undefined;
  /** Checks and fetches images. Default: one that contacts public addresses only. */
  readonly images?: ImageLoader;
  /** What the server does itself for models that call its tools. Default: nothing. */
  readonly services?: ServerServices;
}

/** A request of a client, before its model is known. */
export type ModelRequest = Omit<GenerationRequest, 'model' | 'overflow'>;

/** A generation that is about to begin; its first event is `admitted`. */
export interface Generation {
  readonly resolution: Resolution;
  /** What the request asks for and the model can't use, without any change to the answer. */
  readonly unused: readonly string[];
  /** Tokens that the prompt and the answer may have together. */
  readonly contextTokens: number;
  readonly events: AsyncGenerator<GenerationEvent>;
}

/** Brings requests and models together. */
export class Runtime {
  readonly #options: RuntimeOptions;
  readonly #backends = new Map<BackendKind, Promise<Backend>>();
  readonly #recent = new RecentModels();
  readonly #images: ImageLoader;
  readonly #known = new KnownCapabilities((model, signal) => this.#describe(model, signal));
  /** Models that backends had when they were asked last. */
  #found: readonly ModelSpec[] = [];
  readonly #services: ServerServices;
  readonly #reportUnheld: UnheldReport;

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.#images = options.images ?? createImageLoader();
    this.#services = options.services ?? { log: () => undefined };
    this.#reportUnheld = createUnheldReport(this.#services.log);
  }

  /** Starts a generation by the model that `name` means. Throws before anything is generated. */
  async generate(name: string, request: ModelRequest, signal: AbortSignal): Promise<Generation> {
    const { backend, resolution, bound, ignored } = await this.#bind(name, request);
    this.#recent.set(request, bound.model.name);
    const capabilities = await backend.capabilities(bound.model, signal);
    const unused = checkCapabilities(bound, capabilities);
    this.#reportUnheld(bound, capabilities);
    const asked = await this.#withPictures(bound, capabilities, signal);
    const ask = (one: GenerationRequest) => answer(backend, one, capabilities, signal);
    const { contextTokens } = capabilities;
    const events = needsServing(asked)
      ? serveCalls(asked, { ask, services: this.#services, contextTokens, signal })
      : ask(asked);
    return { resolution, unused: [...unused, ...ignored], contextTokens, events };
  }

  /** The tokens of the whole prompt, as a generation by the same model would report them. */
  async countTokens(name: string, request: ModelRequest, signal: AbortSignal): Promise<number> {
    const { backend, bound } = await this.#bind(name, request);
    const capabilities = await backend.capabilities(bound.model, signal);
    checkCapabilities(bound, capabilities);
    const asked = await this.#withPictures(bound, capabilities, signal);
    const injection = neededInjection(asked, capabilities);
    return backend.countTokens(injection ? injectRequest(asked, injection) : asked, signal);
  }

  /** The models that can answer now: the registry's, its aliases, and what backends have found. */
  async models(): Promise<readonly NamedModel[]> {
    this.#found = await this.#discover();
    return this.#usable();
  }

  /** Capabilities of models, in their order; undefined for those of which they are not known soon. */
  async listed(models: readonly NamedModel[]): Promise<readonly (Capabilities | undefined)[]> {
    return this.#known.listed(models.map(({ model }) => model.spec));
  }

  /** Capabilities of one model; undefined if they can't be found out just now. No engine is started. */
  async describe({ spec }: RegistryModel): Promise<Capabilities | undefined> {
    return this.#known.latest(spec);
  }

  /** The models that can answer, with those that backends had last. */
  #usable(): readonly NamedModel[] {
    return usableModels(this.#options.registry(), this.#found, this.#options.exists);
  }

  /** The model that a name means. Throws `model-not-found`. */
  async resolve(name: string): Promise<Resolution> {
    const { exists } = this.#options;
    return resolveModel(await this.#registryFor(name), name, { exists });
  }

  /** What a model can do, or undefined where it can't be asked just now. */
  async capabilities(model: RegistryModel, signal: AbortSignal): Promise<Capabilities | undefined> {
    try {
      const backend = await this.#backend(model.spec.backend);
      return await backend.capabilities(model.spec, signal);
    } catch (error) {
      if (error instanceof RuntimeFailure) return undefined;
      throw error;
    }
  }

  /** The models that this process holds in memory now. */
  async loaded(signal: AbortSignal): Promise<readonly LoadedModel[]> {
    const opened = await Promise.allSettled(this.#backends.values());
    const found: LoadedModel[] = [];
    for (const backend of opened) {
      if (backend.status === 'fulfilled')
        found.push(...((await backend.value.loaded?.(signal)) ?? []));
    }
    return found;
  }

  /**
   * Frees a model's memory, and gives its own name. Throws `resource-not-found` where it is not in
   * memory, and `conflict` where it answers and `force` is not set.
   */
  async unload(name: string, force: boolean, signal: AbortSignal): Promise<string> {
    const lookup = lookUp(this.#options.registry(), name);
    const own = lookup.found ? lookup.model.spec.name : name;
    refuseUnload(own, await this.loaded(signal), force);
    for (const opened of this.#backends.values()) await (await opened).unload?.(own);
    return own;
  }

  /** Ends all work and frees all that is loaded. */
  async close(): Promise<void> {
    const closing = [...this.#backends.values()].map(async (opened) => (await opened).close());
    this.#backends.clear();
    // A backend that could not be made holds nothing.
    await Promise.allSettled(closing);
  }

  async #withPictures(
    request: GenerationRequest,
    can: Capabilities,
    signal: AbortSignal,
  ): Promise<GenerationRequest> {
    const images = imagesOf(request.conversation);
    const [first] = images;
    if (first === undefined) return request;
    const { model } = request;
    if (!can.images)
      throw cantSee(model, first, await this.#backend(model.backend), this.#seeing());
    return withPictures(request, images, this.#images, signal);
  }

  /** Name of a model that is known to see. */
  #seeing(): string | undefined {
    const models = this.#usable();
    const known = models.find(({ model }) => this.#known.get(model.spec)?.images);
    return (known ?? models.find(({ model }) => this.#options.sees?.(model.spec)))?.name;
  }

  async #describe(model: ModelSpec, signal: AbortSignal): Promise<Capabilities | undefined> {
    const backend = await this.#backend(model.backend);
    return backend.describe ? backend.describe(model) : backend.capabilities(model, signal);
  }

  async #bind(name: string, request: ModelRequest) {
    const lastUsed = this.#recent.get(request);
    const resolution = resolveModel(await this.#registryFor(name), name, {
      ...(lastUsed !== undefined && { lastUsed }),
      exists: this.#options.exists,
    });
    const { spec } = resolution.model;
    await checkChats(this.#known, spec);
    const conversation = withServedCalls(request.conversation);
    const { request: bound, unused: ignored } = withoutForeignTools({
      ...request,
      conversation: withLoadedTools(conversation, request.toolChoice),
      model: spec,
      overflow: this.#options.overflow,
    });
    return { backend: await this.#backend(spec.backend), resolution, bound, ignored };
  }

  /** Nothing is asked for a name whose model is the user's own, or is here. */
  async #registryFor(name: string): Promise<Registry> {
    const registry = this.#options.registry();
    const { exists } = this.#options;
    return isSettled(registry, name, exists)
      ? registry
      : withDiscovered(registry, await this.#discover(askedName(registry, name)), exists);
  }

  async #discover(asked?: string): Promise<readonly ModelSpec[]> {
    const { discovering = [] } = this.#options;
    const found = discovering.map(async (kind) => (await this.#backend(kind)).discover?.(asked));
    return (await Promise.all(found)).flatMap((specs) => specs ?? []);
  }

  #backend(kind: BackendKind): Promise<Backend> {
    const known = this.#backends.get(kind);
    if (known !== undefined) return known;
    const create = this.#options.backends[kind];
    if (create === undefined) {
      throw new RuntimeFailure(
        'unsupported',
        `This Portico has no backend of the kind ${kind}. Change \`backend:\` in models.yaml.`,
      );
    }
    const created = create();
    this.#backends.set(kind, created);
    return created;
  }
}

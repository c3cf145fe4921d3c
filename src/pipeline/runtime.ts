import type { Backend, Capabilities, GenerationRequest, LoadedModel } from '../core/backend.ts';
import type { GenerationEvent } from '../core/events.ts';
import { RuntimeFailure } from '../core/failure.ts';
import { imagesOf } from '../core/parts.ts';
import { createImageLoader } from '../images/loader.ts';
import type { ImageLoader } from '../images/loader.ts';
import { withLoadedTools } from '../prompt/deferred.ts';
import { lookUp } from '../registry/lookup.ts';
import type { RegistryModel } from '../registry/registry.ts';
import type { Resolution } from '../registry/resolve.ts';
import { checkCapabilities, checkChats } from './admission.ts';
import { Backends } from './backends.ts';
import type { BackendFactories } from './backends.ts';
import { createChain } from './chain.ts';
import { countBy, generateBy } from './middleware.ts';
import type { GenerationContext, GenerationMiddleware } from './middleware.ts';
import { withoutForeignTools } from './middleware/server-tools/offered.ts';
import type { ServerServices } from './middleware/server-tools/services.ts';
import { ModelDirectory } from './model-directory.ts';
import type { DirectoryOptions } from './model-directory.ts';
import { RecentModels } from './recent-models.ts';
import { createUnheldReport } from './unheld-report.ts';
import type { UnheldReport } from './unheld-report.ts';
import { refuseUnload } from './unload.ts';
import type { NamedModel } from './usable-models.ts';
import { visionUnsupported } from './vision-unsupported.ts';

export interface RuntimeOptions extends DirectoryOptions {
  readonly backends: BackendFactories;
  readonly overflow: 'clamp' | 'strict';
  /** Checks and fetches images. Default: one that contacts public addresses only. */
  readonly images?: ImageLoader;
  /** Services that the server runs for models that call its tools. Default: none. */
  readonly services?: ServerServices;
}

/** A request of a client, before its model is known. */
export type ModelRequest = Omit<GenerationRequest, 'model' | 'overflow'>;

/** A generation that is about to begin; its first event is `admitted`. */
export interface Generation {
  readonly resolution: Resolution;
  /** Parts of the request that the model can't use, without any change to the answer. */
  readonly unused: readonly string[];
  /** Tokens that the prompt and the answer may have together. */
  readonly contextTokens: number;
  readonly events: AsyncGenerator<GenerationEvent>;
}

/** A request with its model, and parts of it that nothing here can use. */
interface Bound {
  readonly request: GenerationRequest;
  readonly resolution: Resolution;
  readonly backend: Backend;
  readonly unused: readonly string[];
}

interface Admission extends Pick<Generation, 'unused'> {
  readonly context: GenerationContext;
}

/** Brings requests and models together: resolves a name, checks the request, and runs it through the chain. */
export class Runtime {
  readonly #options: RuntimeOptions;
  readonly #backends: Backends;
  readonly #directory: ModelDirectory;
  readonly #recent = new RecentModels();
  readonly #chain: GenerationMiddleware;
  readonly #reportUnheld: UnheldReport;

  constructor(options: RuntimeOptions) {
    const { images = createImageLoader(), services = { log: () => undefined } } = options;
    this.#options = options;
    this.#backends = new Backends(options.backends);
    this.#directory = new ModelDirectory(options, this.#backends);
    this.#chain = createChain({ images, services });
    this.#reportUnheld = createUnheldReport(services.log);
  }

  /**
   * Starts a generation by the model that `name` means. A request that the model can't answer fails here;
   * other failures come with the first event.
   */
  async generate(name: string, request: ModelRequest, signal: AbortSignal): Promise<Generation> {
    const bound = await this.#bind(name, request);
    const { backend, resolution } = bound;
    this.#recent.set(request, bound.request.model.name);
    const { context, unused } = await this.#admit(bound, signal);
    this.#reportUnheld(bound.request, context.capabilities);
    const events = this.#chain(generateBy(backend))(bound.request, context);
    return { resolution, unused, contextTokens: context.capabilities.contextTokens, events };
  }

  /** Tokens of the whole prompt, as a generation by the same model would report them. */
  async countTokens(name: string, request: ModelRequest, signal: AbortSignal): Promise<number> {
    const bound = await this.#bind(name, request);
    const { context } = await this.#admit(bound, signal);
    const events = this.#chain(countBy(bound.backend))(bound.request, context);
    for await (const event of events) {
      if (event.type === 'admitted' && event.inputTokens !== null) return event.inputTokens;
    }
    throw new RuntimeFailure('internal', 'The backend counted no tokens.');
  }

  /** Models that can answer now: the registry's, its aliases, and what backends have found. */
  async models(): Promise<readonly NamedModel[]> {
    return this.#directory.models();
  }

  /** Capabilities of models, in their order; undefined for those of which they are not known soon. */
  async listed(models: readonly NamedModel[]): Promise<readonly (Capabilities | undefined)[]> {
    return this.#directory.known.listed(models.map(({ model }) => model.spec));
  }

  /** Capabilities of one model; undefined if they can't be found out just now. No engine is started. */
  async describe({ spec }: RegistryModel): Promise<Capabilities | undefined> {
    return this.#directory.known.latest(spec);
  }

  /** The model that a name means. Throws `model-not-found`. */
  async resolve(name: string): Promise<Resolution> {
    return this.#directory.resolve(name);
  }

  /** Capabilities of a model; undefined if it can't be asked just now. */
  async capabilities(model: RegistryModel, signal: AbortSignal): Promise<Capabilities | undefined> {
    try {
      const backend = await this.#backends.get(model.spec.backend);
      return await backend.capabilities(model.spec, signal);
    } catch (error) {
      if (error instanceof RuntimeFailure) return undefined;
      throw error;
    }
  }

  /** Models that this process holds in memory now. */
  async loaded(signal: AbortSignal): Promise<readonly LoadedModel[]> {
    return this.#backends.loaded(signal);
  }

  /**
   * Frees a model's memory, and returns its own name.
   *
   * @throws {resource-not-found} if it is not in memory
   * @throws {conflict} if it answers requests and `force` is not set
   */
  async unload(name: string, force: boolean, signal: AbortSignal): Promise<string> {
    const lookup = lookUp(this.#options.registry(), name);
    const own = lookup.found ? lookup.model.spec.name : name;
    refuseUnload(own, await this.#backends.loaded(signal), force);
    await this.#backends.unload(own);
    return own;
  }

  /** Ends all work and frees all that is loaded. */
  async close(): Promise<void> {
    await this.#backends.close();
  }

  /** Resolves the name of a request's model, and leaves out the tools that no one here can run. */
  async #bind(name: string, request: ModelRequest): Promise<Bound> {
    const resolution = await this.#directory.resolve(name, this.#recent.get(request));
    const { spec: model } = resolution.model;
    await checkChats(this.#directory.known, model);
    const offered = withoutForeignTools({
      ...request,
      conversation: withLoadedTools(request.conversation, request.toolChoice),
      model,
      overflow: this.#options.overflow,
    });
    return { ...offered, resolution, backend: await this.#backends.get(model.backend) };
  }

  /** Refuses what the model can't do. */
  async #admit({ request, backend, unused }: Bound, signal: AbortSignal): Promise<Admission> {
    const capabilities = await backend.capabilities(request.model, signal);
    const unusedByModel = checkCapabilities(request, capabilities);
    const [image] = capabilities.images ? [] : imagesOf(request.conversation);
    if (image !== undefined) {
      throw visionUnsupported(request.model, image, backend, this.#directory.seeing());
    }
    return { context: { capabilities, backend, signal }, unused: [...unusedByModel, ...unused] };
  }
}

import type { Backend, Capabilities, GenerationRequest, LoadedModel } from '../core/backend.ts';
import type { GenerationEvent } from '../core/events.ts';
import { RuntimeFailure } from '../core/failure.ts';
import { imagesOf } from '../core/parts.ts';
import { createDocumentLoader } from '../documents/loader.ts';
import type { DocumentLoader } from '../documents/loader.ts';
import { createImageLoader } from '../images/loader.ts';
import type { ImageLoader } from '../images/loader.ts';
import { lookUp } from '../registry/lookup.ts';
import type { RegistryModel } from '../registry/registry.ts';
import type { Resolution } from '../registry/resolve.ts';
import { checkCapabilities, checkChats } from './admission.ts';
import { Backends } from './backends.ts';
import type { BackendFactories } from './backends.ts';
import { createChain } from './chain.ts';
import { FileSources } from './file-sources.ts';
import type { FileReader } from './file-sources.ts';
import { withMcpTools } from './mcp/offered-tools.ts';
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
  /** Checks and fetches images. Default: a loader that contacts only public addresses. */
  readonly images?: ImageLoader;
  /** Stored files that requests name. Default: none. */
  readonly files?: FileReader;
  /** Reads PDFs. Default: a loader that contacts only public addresses. */
  readonly documents?: DocumentLoader;
  /** Services of the server tools. Default: none. */
  readonly services?: ServerServices;
}

/** Request of a client, before its model is resolved. */
export type ModelRequest = Omit<GenerationRequest, 'model' | 'overflow'>;

/** Model of an admitted request. */
export interface Admitted {
  readonly resolution: Resolution;
  /** Parts of the request that the model can't use, and that do not change the answer. */
  readonly unused: readonly string[];
}

/** Count of the tokens of a prompt. */
export interface TokenCount extends Admitted {
  readonly tokens: number;
  /** Count before the conversation was edited; absent if it was not. */
  readonly originalTokens: number | undefined;
}

/** Generation before its start; its first event is `admitted`. */
export interface Generation extends Admitted {
  /** Total tokens of prompt and answer. */
  readonly contextTokens: number;
  readonly events: AsyncGenerator<GenerationEvent>;
}

/** Request with its model. `unused` names the parts that Portico can't use. */
interface Bound {
  readonly request: GenerationRequest;
  readonly resolution: Resolution;
  readonly backend: Backend;
  readonly unused: readonly string[];
}

interface Admission extends Pick<Admitted, 'unused'> {
  readonly context: GenerationContext;
}

/** Resolves the model of a request, checks the request, and runs it through the middleware. */
export class Runtime {
  readonly #options: RuntimeOptions;
  readonly #backends: Backends;
  readonly #directory: ModelDirectory;
  readonly #recent = new RecentModels();
  readonly #services: ServerServices;
  readonly #chain: GenerationMiddleware;
  readonly #reportUnheld: UnheldReport;
  readonly #fileSources: FileSources;

  constructor(options: RuntimeOptions) {
    const { images = createImageLoader(), documents = createDocumentLoader() } = options;
    const { services = { log: () => undefined } } = options;
    this.#options = options;
    this.#backends = new Backends(options.backends);
    this.#directory = new ModelDirectory(options, this.#backends);
    this.#services = services;
    this.#chain = createChain({ images, documents, services });
    this.#fileSources = new FileSources(options.files);
    this.#reportUnheld = createUnheldReport(services.log);
  }

  /**
   * Starts a generation. A request that the model can't answer fails here. Other failures come with the
   * first event.
   */
  async generate(name: string, request: ModelRequest, signal: AbortSignal): Promise<Generation> {
    const bound = await this.#bind(name, request, signal);
    const { backend, resolution } = bound;
    this.#recent.set(request, bound.request.model.name);
    const { context, unused } = await this.#admit(bound, signal);
    this.#reportUnheld(bound.request, context.capabilities);
    const events = this.#chain(generateBy(backend))(bound.request, context);
    return { resolution, unused, contextTokens: context.capabilities.contextTokens, events };
  }

  /** Counts the tokens of the prompt, as a generation by the same model would report them. */
  async countTokens(name: string, request: ModelRequest, signal: AbortSignal): Promise<TokenCount> {
    const bound = await this.#bind(name, request, signal);
    const { context, unused } = await this.#admit(bound, signal);
    const counted = await this.#count(bound, context);
    return { ...counted, resolution: bound.resolution, unused };
  }

  /** Lists the models that can answer: those of the registry, its aliases, and those that backends find. */
  async models(): Promise<readonly NamedModel[]> {
    return this.#directory.models();
  }

  /** Returns the capabilities of models, in their order; undefined if they are not known in time. */
  async listed(models: readonly NamedModel[]): Promise<readonly (Capabilities | undefined)[]> {
    return this.#directory.known.listed(models.map(({ model }) => model.spec));
  }

  /** Returns the capabilities of a model without loading it; undefined if its server does not answer. */
  async describe({ spec }: RegistryModel): Promise<Capabilities | undefined> {
    return this.#directory.known.latest(spec);
  }

  /** Resolves a name to a model. Throws `model-not-found`. */
  async resolve(name: string): Promise<Resolution> {
    return this.#directory.resolve(name);
  }

  /** Returns the capabilities of a model as its backend reports them; undefined if that fails. */
  async capabilities(model: RegistryModel, signal: AbortSignal): Promise<Capabilities | undefined> {
    try {
      const backend = await this.#backends.get(model.spec.backend);
      return await backend.capabilities(model.spec, signal);
    } catch (error) {
      if (error instanceof RuntimeFailure) return undefined;
      throw error;
    }
  }

  /** Models in the memory of this server. */
  async loaded(signal: AbortSignal): Promise<readonly LoadedModel[]> {
    return this.#backends.loaded(signal);
  }

  /**
   * Unloads a model, and returns its own name.
   *
   * @throws {RuntimeFailure} `resource-not-found` if it is not in memory, `conflict` if it answers requests
   *   and `force` is not set
   */
  async unload(name: string, force: boolean, signal: AbortSignal): Promise<string> {
    const lookup = lookUp(this.#options.registry(), name);
    const own = lookup.found ? lookup.model.spec.name : name;
    refuseUnload(own, await this.#backends.loaded(signal), force);
    await this.#backends.unload(own);
    return own;
  }

  /** Ends all work and unloads all models. */
  async close(): Promise<void> {
    await Promise.all([this.#backends.close(), this.#services.mcp?.close()]);
  }

  /** Resolves the model of a request, and removes the tools that Portico can't run. */
  async #bind(name: string, request: ModelRequest, signal: AbortSignal): Promise<Bound> {
    const resolution = await this.#directory.resolve(name, this.#recent.get(request));
    const { spec: model } = resolution.model;
    await checkChats(this.#directory.known, model);
    const conversation = await this.#fileSources.inline(request.conversation, signal);
    const bound = { ...request, conversation, model, overflow: this.#options.overflow };
    const offered = withoutForeignTools(await withMcpTools(bound, this.#services, signal));
    return { ...offered, resolution, backend: await this.#backends.get(model.backend) };
  }

  /** Refuses a request that needs capabilities which the model does not have. */
  async #admit({ request, backend, unused }: Bound, signal: AbortSignal): Promise<Admission> {
    const capabilities = await backend.capabilities(request.model, signal);
    const unusedByModel = checkCapabilities(request, capabilities);
    const [image] = capabilities.images ? [] : imagesOf(request.conversation);
    if (image !== undefined) {
      throw visionUnsupported(request.model, image, backend, this.#directory.seeing());
    }
    const context: GenerationContext = {
      capabilities,
      backend,
      signal,
      countTokens: async (counted) =>
        (await this.#count({ request: counted, backend }, context)).tokens,
    };
    return { context, unused: [...unusedByModel, ...unused] };
  }

  async #count(
    { request, backend }: Pick<Bound, 'request' | 'backend'>,
    context: GenerationContext,
  ): Promise<Pick<TokenCount, 'tokens' | 'originalTokens'>> {
    for await (const event of this.#chain(countBy(backend))(request, context)) {
      if (event.type !== 'admitted' || event.inputTokens === null) continue;
      return { tokens: event.inputTokens, originalTokens: event.originalTokens };
    }
    throw new RuntimeFailure('internal', 'The backend did not count the tokens.');
  }
}

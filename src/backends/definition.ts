import type { Backend, Capabilities } from '../core/backend.ts';
import type { ModelSpec } from '../core/model.ts';
import type { Settings } from '../config/settings.ts';
import type { BackendEntries } from '../registry/schema.ts';

/** Server that did not answer in time. */
export interface SilentServer {
  readonly url: string;
  readonly timeoutMs: number;
}

/** Parts of the server, or of a command, for the creation of backends. */
export interface BackendContext {
  readonly settings: Settings;
  readonly log: (message: string, level?: 'info' | 'warn') => void;
  /** Environment of this process. */
  readonly variables: NodeJS.ProcessEnv;
  /** Environment of child processes: without the keys of model servers. */
  readonly environment: () => NodeJS.ProcessEnv;
  /** Receives a server that did not answer the request for its models. */
  readonly onSilent?: (server: SilentServer) => void;
  /** Timeout for the first list of a server's models. Default: the one of the backend. */
  readonly listTimeoutMs?: number;
}

/** Entry of a model as `ls` and `show` present it. */
export interface EntryDescription {
  /** The entry for programs: without secrets. */
  readonly entry: object;
  /** URLs of the servers that share the model's requests, if the entry lists them. */
  readonly servers?: readonly string[];
  /** URL of the server that is used if the entry names none. */
  readonly defaultServer?: string;
}

/** Description of a model's file, read without loading its weights. */
export interface FileDescription {
  readonly title?: string | undefined;
  readonly architecture: string;
  readonly quantization: string | undefined;
  readonly trainedContext: number | undefined;
  readonly license?: string | undefined;
  readonly parameters: number;
  readonly fileBytes: number;
  /** Estimated memory of weights and context, on any device. */
  readonly memoryBytes: number;
  /** Context size in tokens that the model would get. */
  readonly context: number;
  /** Engine that runs it, with the reason. Default: the only one of its backend. */
  readonly engine?: string;
  /** Flash attention of the next load, with the reason; undefined if the engine chooses it. */
  readonly flashAttention?: string | undefined;
  /** Family of its chat template; undefined if it has none, so it can't chat. */
  readonly templateFamily: string | undefined;
  readonly capabilities: Capabilities | undefined;
  /** Capabilities that come from instructions in the prompt, because the template has none. */
  readonly injected: { readonly tools: boolean; readonly thinking: boolean } | undefined;
  /** Path of the projector that adds vision, if it can be used here. */
  readonly projector?: string;
}

/**
 * Kind of backend. Its folder exports this definition, and `backends/index.ts` lists it.
 *
 * @typeParam Spec models of this backend, with the options that its entries add
 */
export interface BackendDefinition<Spec extends ModelSpec = ModelSpec> {
  /** Value of `backend:` in models.yaml. */
  readonly kind: string;
  /** Entries of its models in models.yaml. */
  readonly entries: BackendEntries;
  /** True if its models answer without an entry. */
  readonly discovers?: true;
  /** Creates the backend when the first request needs it. Imports the backend's code only then. */
  create(context: BackendContext): Promise<Backend<Spec>>;
  /** Describes the entry of a model, without its file or server. */
  describeEntry(model: Spec, variables: NodeJS.ProcessEnv): EntryDescription;
  /**
   * Describes the file of a model. Absent if its models have no files.
   *
   * @param settings settings of the server, which count before the entry
   * @throws {RuntimeFailure} `unsupported` if the file is damaged
   */
  describeFile?(model: Spec, settings: Settings): Promise<FileDescription>;
  /** Returns true if a model takes images; undefined if that is unknown without its backend. Default: unknown. */
  takesImages?(model: Spec): boolean | undefined;
  /** Returns the names of environment variables with keys for a model's servers. Default: none. */
  keyVariables?(model: Spec): readonly string[];
}

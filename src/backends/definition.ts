import type { Backend } from '../core/backend.ts';
import type { ModelSpec } from '../core/model.ts';
import type { Settings } from '../config/settings.ts';
import type { BackendEntries } from '../registry/schema.ts';

/** A server that did not answer in time. */
export interface SilentServer {
  readonly url: string;
  readonly timeoutMs: number;
}

/** Parts of the server that backends are created from. */
export interface BackendContext {
  readonly settings: Settings;
  readonly log: (message: string, level?: 'info' | 'warn') => void;
  /** Environment of child processes: without the keys of model servers. */
  readonly environment: () => NodeJS.ProcessEnv;
  /** Receives a server that was asked for its models and stayed silent. */
  readonly onSilent: (server: SilentServer) => void;
}

/** One kind of backend: its folder exports this, and `backends/index.ts` lists it. */
export interface BackendDefinition {
  /** Word for `backend:` in models.yaml. */
  readonly kind: string;
  /** Entries of its models in models.yaml. */
  readonly entries: BackendEntries;
  /** True if its models answer without an entry. */
  readonly discovers?: true;
  /** Creates the backend when the first request needs it. Imports the backend's code only then. */
  create(context: BackendContext): Promise<Backend>;
  /** True if a model takes images, as far as that is known without its backend. Default: unknown. */
  takesImages?(model: ModelSpec): boolean | undefined;
  /** Names of environment variables that hold keys for a model's servers. Default: none. */
  keyVariables?(model: ModelSpec): readonly string[];
}

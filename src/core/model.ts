export const BACKEND_KINDS = ['llama', 'ollama', 'openai', 'vision', 'scripted'] as const;

export type BackendKind = (typeof BACKEND_KINDS)[number];

/** How the next token is picked. What is absent is left to the model's own defaults. */
export interface Sampling {
  /** 0 is greedy and repeatable; at most 2. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly minP?: number;
  readonly seed?: number;
}

/** A model as the registry knows it, with all that its backend needs. */
export interface ModelSpec {
  readonly name: string;
  readonly backend: BackendKind;
  /** The GGUF's absolute path, for backends that load files. */
  readonly file?: string;
  /** The name that the upstream server knows the model by. */
  readonly upstream?: string;
  /** The upstream server's base URL; absent means the backend's own default. */
  readonly url?: string;
  /** Context size in tokens; absent means what the backend finds right. */
  readonly context?: number;
  /** A chat template in Jinja that takes the place of the model's own. */
  readonly template?: string;
  readonly sampling?: Sampling;
}

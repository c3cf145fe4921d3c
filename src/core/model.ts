import type { KeepAlive } from '../units/keep-alive.ts';

/** Word for `backend:` in models.yaml. */
export type BackendKind = string;

/** Sampling of the next token. Absent fields have the model's own defaults. */
export interface Sampling {
  /** 0 is greedy and repeatable; at most 2. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly minP?: number;
  readonly seed?: number;
}

/** No model knows a longer context; planning one takes time and memory of its own. */
export const MOST_CONTEXT_TOKENS = 2 ** 24;

/** A model that a backend has found. */
export interface DiscoveredModel extends ModelSpec {
  /** Size on its server in bytes; absent if the server does not say. */
  readonly sizeBytes?: number;
}

/** A model as the registry knows it. A backend's own type adds the options that only its models have. */
export interface ModelSpec {
  readonly name: string;
  readonly backend: BackendKind;
  /** The GGUF's absolute path, for backends that load files. */
  readonly file?: string;
  /** The name that the upstream server knows the model by. */
  readonly upstream?: string;
  /** The upstream server's base URL; absent means the backend's own default. */
  readonly url?: string;
  /** Pixels along the longer edge beyond which an image is scaled down; absent means the API's 1568. */
  readonly imageLongestEdge?: number;
  /** Context size in tokens; absent means what the backend finds right. */
  readonly context?: number;
  /** Time in memory after its last request; absent means the backend's default. */
  readonly keepAliveMs?: KeepAlive;
  /** A chat template in Jinja that takes the place of the model's own. */
  readonly template?: string;
  readonly sampling?: Sampling;
}

/** Name that the server of a model knows it by. */
export function upstreamName({ name, upstream }: ModelSpec): string {
  return upstream ?? name;
}

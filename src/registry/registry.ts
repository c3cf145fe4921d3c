import type { McpCommand } from '../core/mcp.ts';
import type { ModelSpec } from '../core/model.ts';
import type { EntriesByKind } from './schema.ts';

/** A model that the registry knows, whether or not its file is on this machine. */
export interface RegistryModel {
  readonly spec: ModelSpec;
  /** A short name for pickers, such as `Portico Mini`. */
  readonly title?: string;
  readonly description?: string;
  /** Source of a pull: `hf:…` or `https://…`. */
  readonly source?: string;
  readonly sizeBytes?: number;
  /** Estimated memory of the loaded model. */
  readonly memoryBytes?: number;
  /** True if it is loaded when the server starts. */
  readonly preload?: true;
  /** True for an entry that is part of Portico, not of the user's file. */
  readonly shipped: boolean;
  /** `file:line:column` of its entry. */
  readonly location: string;
}

/** models.yaml, the shipped one overlaid by the user's. */
export interface Registry {
  /** The name of a model or of an alias. The user's may lead to no model of the registry: to one that a backend has, perhaps. */
  readonly defaultModel: string;
  readonly models: ReadonlyMap<string, RegistryModel>;
  /** Each leads to a model, by way of other aliases perhaps. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Aliases that lead to no model of it: to one that a backend has, perhaps. */
  readonly dangling?: ReadonlyMap<string, string>;
  /** Programs of MCP servers that requests may name. */
  readonly mcp?: ReadonlyMap<string, McpCommand>;
  /** Problems of single entries, one line each, with `file:line:column` and a hint. */
  readonly problems: readonly string[];
}

/** Files that make up a registry, and schemas of their entries. */
export interface RegistryFiles {
  readonly shipped: string;
  /** It need not exist. */
  readonly user: string;
  /** Folder of pulled GGUF files. */
  readonly modelsFolder: string;
  /** Kinds of backends, and the schemas of their entries. */
  readonly entries: EntriesByKind;
}

/** Description of a model for an agent. */
export interface LaunchedModel {
  readonly name: string;
  /** Total tokens of prompt and answer; undefined if unknown. */
  readonly contextTokens: number | undefined;
  /** Largest possible context in tokens; undefined if unknown. */
  readonly maxContextTokens?: number | undefined;
  /** Undefined if unknown. */
  readonly thinks?: boolean | undefined;
  /** Number of concurrent requests; undefined if unknown. */
  readonly slots?: number | undefined;
}

/** Model for the configuration of an agent. */
export interface AgentModel extends LaunchedModel {
  /** Base URL of Portico, such as `http://127.0.0.1:11435`. */
  readonly baseUrl: string;
  /** Key that Portico accepts; any text if it needs none. */
  readonly key: string;
  /** Model for side requests, such as titles; default: the model itself. */
  readonly small?: LaunchedModel | undefined;
}

/** Variables and their values, in the order of display. */
export type Variables = Readonly<Record<string, string>>;

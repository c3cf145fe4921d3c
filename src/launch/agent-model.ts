/** A model as an agent is told of it. */
export interface LaunchedModel {
  readonly name: string;
  /** Tokens that prompt and answer may have together; undefined where nobody knows. */
  readonly contextTokens: number | undefined;
  /** The most that its context can be raised to, in tokens; undefined if no one knows. */
  readonly maxContextTokens?: number | undefined;
  /** Undefined if no one knows. */
  readonly thinks?: boolean | undefined;
  /** Requests that it answers at the same time; undefined if no one knows. */
  readonly slots?: number | undefined;
}

/** Model that an agent is set up with. */
export interface AgentModel extends LaunchedModel {
  /** Base URL of Portico, such as `http://127.0.0.1:11435`. */
  readonly baseUrl: string;
  /** Key that Portico accepts; any text if it needs none. */
  readonly key: string;
  /** The model for side requests, such as titles; default: the model itself. */
  readonly small?: LaunchedModel | undefined;
}

/** Variables and their values, in the order in which they are shown. */
export type Variables = Readonly<Record<string, string>>;

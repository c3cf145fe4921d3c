/** Edit of a conversation that has grown long, made before the model reads it. */
export type ContextEdit = ClearToolUses | ClearThinking | Compact;

/** Removes the results of old tool uses. */
export interface ClearToolUses {
  readonly kind: 'clear-tool-uses';
  /** Size of the prompt above which something is removed. */
  readonly trigger: { readonly unit: 'tokens' | 'tool-uses'; readonly value: number };
  /** Number of the newest uses that stay. */
  readonly keep: number;
  /** Fewest tokens that a removal must gain. */
  readonly clearAtLeast: number;
  /** Names of tools whose uses stay. */
  readonly excluded: readonly string[];
  /** Tools whose arguments are removed as well: all, or those with these names. */
  readonly inputs: 'all' | readonly string[];
}

/** Removes the thinking of all but the newest turns. */
export interface ClearThinking {
  readonly kind: 'clear-thinking';
  readonly keep: number | 'all';
}

/** Replaces the conversation by a summary that the model writes. */
export interface Compact {
  readonly kind: 'compact';
  /** Tokens of the prompt above which the summary is written. Default: most of the context. */
  readonly trigger?: number;
  /** Instructions to the model instead of the default ones. */
  readonly instructions?: string;
  /** The answer ends after the summary. */
  readonly pauses: boolean;
}

/** Removal that was made. */
export interface AppliedEdit {
  readonly kind: 'clear-tool-uses' | 'clear-thinking';
  /** Number of tool uses, or of turns with thinking, from which something was removed. */
  readonly count: number;
  readonly clearedTokens: number;
}

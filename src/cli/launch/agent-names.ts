/** The agents that `portico launch` knows, as one types them. */
export const AGENT_NAMES = ['claude', 'opencode', 'pi'] as const;

export type AgentName = (typeof AGENT_NAMES)[number];

/** The syntaxes that `portico env` writes; bash's is that of zsh too. */
export const SHELL_SYNTAXES = ['bash', 'fish', 'powershell'] as const;

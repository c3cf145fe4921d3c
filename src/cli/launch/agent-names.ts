/** Agents that `portico launch` knows, by the names that one types; commander checks them without loading more. */
export const AGENT_NAMES = ['claude', 'opencode', 'pi'] as const;

export type AgentName = (typeof AGENT_NAMES)[number];

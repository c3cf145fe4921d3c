/** Agents of `portico launch`, by their names as arguments. Apart from the agents, so that commander loads no more. */
export const AGENT_NAMES = ['claude', 'opencode', 'pi'] as const;

export type AgentName = (typeof AGENT_NAMES)[number];

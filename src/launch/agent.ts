import type { AgentModel, Variables } from './agent-model.ts';
import type { Whereabouts } from './executable.ts';

/** Program that works with a model at an Anthropic base URL. */
export interface Agent {
  readonly title: string;
  readonly whereabouts: Whereabouts;
  /** npm package for `npx` and `npm install -g`. */
  readonly npmPackage: string;
  /** Tokens of its own instructions and tools, in words. */
  readonly instructions: string;
  /** Smallest context in tokens that fits any of its requests. Default: any context is tried. */
  readonly leastContextTokens?: number;
  /** Configures the agent for the model. Throws `invalid-request` for arguments that would override that. */
  readonly plan: (run: AgentRun) => Promise<AgentPlan>;
}

/** Run of an agent. */
export interface AgentRun {
  readonly model: AgentModel;
  /** Arguments of the user for the agent. */
  readonly args: readonly string[];
  /** Environment before the configuration. */
  readonly environment: NodeJS.ProcessEnv;
  /** Empty folder for this run, which only its user can read. */
  readonly folder: string;
}

export interface AgentPlan {
  readonly args: readonly string[];
  readonly set: Variables;
  readonly unset: readonly string[];
  /** Contents of files to write into the run's folder, by name. */
  readonly files: Readonly<Record<string, string>>;
}

/** Environment of a run: the present one without variables that lead to other servers, and with the agent's. */
export function plannedEnvironment(
  environment: NodeJS.ProcessEnv,
  { set, unset }: Pick<AgentPlan, 'set' | 'unset'>,
): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !unset.includes(name));
  return { ...Object.fromEntries(kept), ...set };
}

import type { AgentModel, Variables } from './agent-model.ts';
import type { Whereabouts } from './executable.ts';

/** A program that works with a model behind an Anthropic base URL. */
export interface Agent {
  readonly title: string;
  readonly whereabouts: Whereabouts;
  /** What `npx` can run, and `npm install -g` installs. */
  readonly npmPackage: string;
  /** Tokens that its own instructions and tools take, in words. */
  readonly instructions: string;
  /** Tokens below which no request of it fits, whatever it is asked. Default: any context is tried. */
  readonly leastContextTokens?: number;
  /** How it is told of the model. Throws `invalid-request` for arguments that would undo it. */
  readonly plan: (run: AgentRun) => Promise<AgentPlan>;
}

/** One run of an agent. */
export interface AgentRun {
  readonly model: AgentModel;
  /** What the user passes to the agent. */
  readonly args: readonly string[];
  /** The environment that the agent would have otherwise. */
  readonly environment: NodeJS.ProcessEnv;
  /** An empty folder for this run alone, which only its user can read. */
  readonly folder: string;
}

export interface AgentPlan {
  readonly args: readonly string[];
  readonly set: Variables;
  readonly unset: readonly string[];
  /** What is to be written into the run's folder, by file name. */
  readonly files: Readonly<Record<string, string>>;
}

/** The environment of a run: what there is, without what leads elsewhere, and ours over it. */
export function plannedEnvironment(
  environment: NodeJS.ProcessEnv,
  { set, unset }: Pick<AgentPlan, 'set' | 'unset'>,
): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !unset.includes(name));
  return { ...Object.fromEntries(kept), ...set };
}

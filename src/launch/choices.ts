import { lookUp } from '../registry/lookup.ts';
import type { Registry, RegistryModel } from '../registry/registry.ts';
import { describeDemand, statusOf } from '../registry/status.ts';
import type { Agent } from './agent.ts';
import { AGENT_CONTEXT_TOKENS } from './environment.ts';
import type { AgentModel, LaunchedModel } from './agent-model.ts';

/** Recommended context: it leaves space for a conversation after the instructions. */
const RAISED_CONTEXT = 65_536;

/** Selectable model. */
export interface ModelChoice {
  readonly name: string;
  readonly state: 'installed' | 'downloadable';
  readonly isRecommended: boolean;
  /** Short description. */
  readonly hint: string;
}

export interface ChoiceFacts {
  /** Models of the server's list, which can answer now. */
  readonly listed: readonly { readonly name: string; readonly description: string }[];
  /** This machine's models.yaml; undefined if the server is on another machine. */
  readonly registry: Registry | undefined;
  readonly exists: (file: string) => boolean;
  /** Memory of this machine in bytes. */
  readonly memoryBytes: number;
}

/** Lists selectable models: recommended ones first, then installed ones, then downloadable ones. */
export function modelChoices({
  listed,
  registry,
  exists,
  memoryBytes,
}: ChoiceFacts): readonly ModelChoice[] {
  const known = registry?.models ?? new Map<string, RegistryModel>();
  const recommended = (name: string): boolean => isRecommended(known.get(name), memoryBytes);
  const installed = listed.map(({ name, description }): ModelChoice => {
    const hint = description === name ? 'installed' : `installed, ${shortened(description)}`;
    return { name, state: 'installed', isRecommended: recommended(name), hint };
  });
  const downloadable = [...known].flatMap(([name, model]): ModelChoice[] =>
    statusOf(model, exists) === 'not downloaded' && !listed.some((one) => one.name === name)
      ? [{ name, state: 'downloadable', isRecommended: recommended(name), hint: demandOf(model) }]
      : [],
  );
  const all = [...installed, ...downloadable];
  return [
    ...all.filter((choice) => choice.isRecommended),
    ...all.filter((choice) => !choice.isRecommended),
  ];
}

/** Returns true for a model that works with agents and is small enough for this machine. */
function isRecommended(model: RegistryModel | undefined, memoryBytes: number): boolean {
  return (
    model?.shipped === true && model.memoryBytes !== undefined && model.memoryBytes <= memoryBytes
  );
}

function demandOf(model: RegistryModel): string {
  return `to download, ${describeDemand(model)}`;
}

/** Shortens a text to one line of a picker. */
function shortened(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}

/**
 * Chooses a model without a prompt: the first preferred one that is installed, else, if a download is allowed,
 * the first that can be downloaded.
 */
export function chooseUnasked(
  choices: readonly ModelChoice[],
  preferred: readonly (string | undefined)[],
  mayDownload: boolean,
): string | undefined {
  const states = mayDownload ? (['installed', 'downloadable'] as const) : (['installed'] as const);
  for (const state of states) {
    const found = preferred.find((wanted) =>
      choices.some((choice) => choice.name === wanted && choice.state === state),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Known model of a name that is not downloaded yet, with the cost of its download. */
export function missingModel(
  registry: Registry,
  name: string,
  exists: (file: string) => boolean,
): { readonly name: string; readonly demand: string } | undefined {
  const lookup = lookUp(registry, name);
  if (!lookup.found || statusOf(lookup.model, exists) !== 'not downloaded') return undefined;
  return { name: lookup.model.spec.name, demand: describeDemand(lookup.model) };
}

/** Part of a model's description that the context warnings need. */
type ModelContext = Pick<LaunchedModel, 'name' | 'contextTokens' | 'maxContextTokens'>;

type ContextNeeds = Pick<Agent, 'title' | 'instructions' | 'leastContextTokens'>;

/** Warnings about contexts that are too small for an agent; empty if all are large enough. */
export function contextWarnings(
  agent: ContextNeeds,
  model: ModelContext & Pick<AgentModel, 'small'>,
): readonly string[] {
  const warnings = [contextWarning(agent, model), smallWarning(agent, model)];
  return warnings.filter((warning) => warning !== undefined);
}

/** Warning about a context that is too small for an agent or unknown; undefined if it is large enough. */
function contextWarning(
  { title, instructions }: ContextNeeds,
  model: ModelContext,
): string | undefined {
  const { name, contextTokens } = model;
  const least = count(AGENT_CONTEXT_TOKENS);
  const demand = `${title} needs ${least} tokens or more: its own instructions take ${instructions}`;
  if (contextTokens === undefined) return `the context of ${name} is not known, and ${demand}`;
  if (contextTokens >= AGENT_CONTEXT_TOKENS) return undefined;
  return `${name} has a context of ${count(contextTokens)} tokens, and ${demand}. ${raise(model)}`;
}

/** Reason why an agent can't work with a model at all; undefined if it can, or if the context is unknown. */
export function contextRefusal(
  { title, instructions, leastContextTokens = 0 }: ContextNeeds,
  model: ModelContext,
): string | undefined {
  const { name, contextTokens } = model;
  if (contextTokens === undefined || contextTokens >= leastContextTokens) return undefined;
  return (
    `${title} can't work with ${name}: its own instructions take ${instructions} tokens, and the ` +
    `context has ${count(contextTokens)}, so every request would be refused. ${raise(model)}`
  );
}

/** Warning about a model for side requests with a smaller context; undefined if its context is as large. */
function smallWarning(
  { title }: Pick<Agent, 'title'>,
  { name, contextTokens, small }: ModelContext & Pick<AgentModel, 'small'>,
): string | undefined {
  if (small?.contextTokens === undefined || contextTokens === undefined) return undefined;
  if (small.contextTokens >= contextTokens) return undefined;
  return (
    `${small.name} has a context of ${count(small.contextTokens)} tokens, and ${name} one of ` +
    `${count(contextTokens)}: ${title} assumes the same for both, so a side request that is ` +
    `longer is refused. ${raise(small, '--small')}`
  );
}

/** Hint for a context that is too small: a larger one, if the model supports it, or another model. */
function raise(
  { name, contextTokens = 0, maxContextTokens = RAISED_CONTEXT }: ModelContext,
  flag: '--model' | '--small' = '--model',
): string {
  const raised = Math.min(RAISED_CONTEXT, maxContextTokens);
  if (raised <= contextTokens) {
    return `It can't be raised: ${name} can have no more. Choose another model with ${flag}`;
  }
  return (
    `Raise it with 'context: ${raised}' in the entry of ${name} in models.yaml, or with ` +
    `PORTICO_CONTEXT=${raised} where the server starts, as far as the memory allows; ` +
    `or choose another model with ${flag}`
  );
}

function count(tokens: number): string {
  return tokens.toLocaleString('en-US');
}

import { existsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { RuntimeFailure } from '../../core/failure.ts';
import { chooseUnasked, missingModel, modelChoices } from '../../launch/choices.ts';
import type { ModelChoice } from '../../launch/choices.ts';
import { readLastModel } from '../../launch/last-model.ts';
import { listNames } from '../../launch/client.ts';
import { withDiscovered } from '../../registry/discovered.ts';
import { loadRegistry } from '../../registry/load.ts';
import { withoutWindowMark } from '../../registry/lookup.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Asker } from '../ui/ask.ts';
import type { CliContext } from '../context.ts';
import { discoverModels } from '../discovered.ts';
import type { OpenServer } from './server.ts';
import { readableFiles } from '../registry-files.ts';

/** What decides on the model of a launch. */
export interface ModelWish {
  /** What `--model` says. */
  readonly model: string | undefined;
  /** Model for side requests, from `--small`. */
  readonly small?: string | undefined;
  /** Everything is agreed to beforehand. */
  readonly yes: boolean;
  /** Undefined where there is nobody to ask. */
  readonly asker: Asker | undefined;
}

/** Where choices are remembered, and what stands in for one. */
export interface ModelDefaults {
  readonly dataFolder: string;
  /** What PORTICO_MODEL says, which takes the place of the registry's default. */
  readonly defaultModel: string | undefined;
}

/**
 * The model to launch with: what was wished, else what the person at the terminal picks, else the last
 * choice or the default. Throws `invalid-request` where nobody can say.
 */
export async function chooseModel(
  wish: ModelWish,
  server: OpenServer,
  defaults: ModelDefaults,
  context: CliContext,
): Promise<string> {
  if (wish.model !== undefined) return withoutWindowMark(wish.model);
  const registry = await localRegistry(server, context);
  const choices = modelChoices({
    listed: await listNames(server.address),
    registry,
    exists: existsSync,
    memoryBytes: totalmem(),
  });
  const last = await readLastModel(defaults.dataFolder);
  const wishes = [last, defaults.defaultModel ?? registry?.defaultModel];
  const { asker } = wish;
  if (asker === undefined || wish.yes) {
    return chooseUnasked(choices, wishes, wish.yes) ?? unchosen(choices);
  }
  const preselected = wishes.find((name) => choices.some((choice) => choice.name === name));
  const shown = choices.map(({ name, hint, isRecommended }) => ({
    value: name,
    hint: isRecommended ? `recommended, ${hint}` : hint,
  }));
  return asker.choose('Which model?', shown, preselected);
}

/** This machine's models.yaml, and what Ollama has; undefined where the server is on another one. */
async function localRegistry(
  { isLocal }: OpenServer,
  context: CliContext,
  asked?: string,
): Promise<Registry | undefined> {
  if (!isLocal) return undefined;
  const own = await loadRegistry(readableFiles(undefined, context.environment));
  return withDiscovered(own, await discoverModels(context, asked), existsSync);
}

function unchosen(choices: readonly ModelChoice[]): never {
  const installed = choices.filter(({ state }) => state === 'installed').map(({ name }) => name);
  throw new RuntimeFailure(
    'invalid-request',
    'no model is chosen, and there is no terminal to ask on: give one with --model NAME ' +
      `(there are ${installed.join(', ') || 'none yet'}), or set one with: portico default NAME`,
  );
}

/**
 * Gets a known model here that is not downloaded yet, after asking.
 *
 * @returns the exit code of a download that was cancelled; undefined where the model can be used
 */
export async function pullMissing(
  name: string,
  { yes, asker }: ModelWish,
  server: OpenServer,
  context: CliContext,
): Promise<number | undefined> {
  const registry = await localRegistry(server, context, name);
  const missing = registry && missingModel(registry, name, existsSync);
  if (missing === undefined) return undefined;
  const what = `${missing.name} is not downloaded yet (${missing.demand})`;
  if (!yes) {
    const agreed = await asker?.confirm(`${what}. Download it now?`);
    if (agreed !== true) {
      throw new RuntimeFailure(
        'model-not-found',
        `${what}; get it with: portico pull ${missing.name}`,
      );
    }
  }
  const { pull } = await import('../commands/pull.ts');
  // What the agent prints stays alone on stdout.
  const code = await pull(missing.name, {}, { ...context, stdout: context.stderr });
  return code === 0 ? undefined : code;
}

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

/** Flags and terminal that decide the model of a launch. */
export interface LaunchOptions {
  /** Value of `--model`. */
  readonly model: string | undefined;
  /** Model for side requests, the value of `--small`. */
  readonly small?: string | undefined;
  /** Answers every question with yes (`-y`). */
  readonly yes: boolean;
  /** Undefined if there is no terminal to ask on. */
  readonly asker: Asker | undefined;
}

/** Defaults of a model that is not chosen. */
export interface ModelDefaults {
  /** Folder that stores the last choice. */
  readonly dataFolder: string;
  /** Value of PORTICO_MODEL, which overrides the registry's default. */
  readonly defaultModel: string | undefined;
}

/**
 * Chooses the model of a launch: the one of `--model`, otherwise the user's choice at the terminal,
 * otherwise the last choice or the default. Throws `invalid-request` if there is none of these.
 */
export async function chooseModel(
  options: LaunchOptions,
  server: OpenServer,
  defaults: ModelDefaults,
  context: CliContext,
): Promise<string> {
  if (options.model !== undefined) return withoutWindowMark(options.model);
  const registry = await localRegistry(server, context);
  const choices = modelChoices({
    listed: await listNames(server.address),
    registry,
    exists: existsSync,
    memoryBytes: totalmem(),
  });
  const last = await readLastModel(defaults.dataFolder);
  const preferred = [last, defaults.defaultModel ?? registry?.defaultModel];
  const { asker } = options;
  if (asker === undefined || options.yes) {
    return chooseUnasked(choices, preferred, options.yes) ?? unchosen(choices);
  }
  const preselected = preferred.find((name) => choices.some((choice) => choice.name === name));
  const shown = choices.map(({ name, hint, isRecommended }) => ({
    value: name,
    hint: isRecommended ? `recommended, ${hint}` : hint,
  }));
  return asker.choose('Which model?', shown, preselected);
}

/** Models of this machine's models.yaml and of Ollama; undefined if the server is on another machine. */
async function localRegistry(
  { isLocal }: OpenServer,
  context: CliContext,
  asked?: string,
): Promise<Registry | undefined> {
  if (!isLocal) return undefined;
  const own = await loadRegistry(readableFiles(undefined, context));
  return withDiscovered(own, await discoverModels(context, asked), existsSync);
}

function unchosen(choices: readonly ModelChoice[]): never {
  const installed = choices.filter(({ state }) => state === 'installed').map(({ name }) => name);
  throw new RuntimeFailure(
    'invalid-request',
    'no model is chosen, and there is no terminal to choose one in: name one with --model NAME ' +
      `(there are ${installed.join(', ') || 'none yet'}), or set one with: portico default NAME`,
  );
}

/**
 * Downloads a known model if it is missing, after the user agreed.
 *
 * @returns the exit code of a cancelled download; undefined if the model can be used
 */
export async function pullMissing(
  name: string,
  { yes, asker }: LaunchOptions,
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
  // Keep stdout for the output of the agent.
  const code = await pull(missing.name, {}, { ...context, stdout: context.stderr });
  return code === 0 ? undefined : code;
}

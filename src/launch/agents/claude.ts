import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, RuntimeFailure } from '../../core/failure.ts';
import { isJsonObject } from '../../core/json.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Agent } from '../agent.ts';
import { claudeSettings, mergeSettings } from '../claude/settings.ts';
import { claudeEnvironment, ELSEWHERE } from '../claude/environment.ts';

const SETTINGS_FILE = 'settings.json';

/**
 * Claude Code.
 *
 * @see https://code.claude.com/docs
 */
export const CLAUDE: Agent = {
  title: 'Claude Code',
  whereabouts: { program: 'claude', homeFiles: ['.local/bin/claude', '.claude/local/claude'] },
  npmPackage: '@anthropic-ai/claude-code',
  instructions: '11,000 to 26,000',
  plan: async (run) => {
    const { model, environment, folder } = run;
    if (optionOf(run.args, '--model') !== undefined) throw twoModels();
    const own = optionOf(run.args, '--settings');
    const set = claudeEnvironment(model, environment);
    const ours = claudeSettings(set);
    const settings = own === undefined ? ours : mergeSettings(await readSettings(own.value), ours);
    // A file, not JSON in the arguments: they are visible to all users of the machine, and this may contain a key.
    const args = ['--settings', join(folder, SETTINGS_FILE), '--model', model.name];
    return {
      args: [...args, ...(own?.others ?? run.args)],
      set,
      unset: ELSEWHERE,
      files: { [SETTINGS_FILE]: `${JSON.stringify(settings, undefined, 2)}\n` },
    };
  },
};

function twoModels(): RuntimeFailure {
  return new RuntimeFailure(
    'invalid-request',
    '--model comes after --, so it would override the model that Claude Code is set up for; ' +
      'put it before: portico launch claude --model NAME -- …',
  );
}

/** Reads the user's own `--settings`, which is JSON or the path of a JSON file. */
async function readSettings(value: string): Promise<JsonObject> {
  try {
    const text = value.trim().startsWith('{') ? value : await readFile(value, 'utf8');
    const settings: unknown = JSON.parse(text);
    if (isJsonObject(settings)) return settings;
    throw new Error('it is not a JSON object');
  } catch (error) {
    throw new RuntimeFailure(
      'invalid-request',
      `--settings ${value} can't be used: ${messageOf(error)}; set it to JSON or to the path of a JSON file`,
      { cause: error },
    );
  }
}

/** Option with a value, written as `--name value` or `--name=value`. */
interface FoundOption {
  readonly value: string;
  /** Arguments without the option. */
  readonly others: readonly string[];
}

/** Finds the last option of a name, which is the one in force. `others` contains none of them. */
function optionOf(args: readonly string[], name: string): FoundOption | undefined {
  let value: string | undefined;
  const others: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === name) {
      value = args[++at] ?? '';
    } else if (arg.startsWith(`${name}=`)) {
      value = arg.slice(name.length + 1);
    } else {
      others.push(arg);
    }
  }
  return value === undefined ? undefined : { value, others };
}

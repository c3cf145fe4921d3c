import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, RuntimeFailure } from '../../core/failure.ts';
import { isRecord } from '../../core/json.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Agent } from '../agent.ts';
import { claudeSettings, mergeSettings } from '../claude/settings.ts';
import { claudeEnvironment, ELSEWHERE } from '../claude/environment.ts';

const SETTINGS_FILE = 'settings.json';

/** Claude Code: https://code.claude.com/docs */
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
    // A file, not JSON in the arguments: everyone on the machine can read those, and it may hold a key.
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
    '--model stands behind --, where it would undo what Claude Code is told of its model; ' +
      'give it before: portico launch claude --model NAME -- …',
  );
}

/** What the user's own `--settings` has: JSON, or a file of it. */
async function readSettings(value: string): Promise<JsonObject> {
  try {
    const text = value.trim().startsWith('{') ? value : await readFile(value, 'utf8');
    const settings: unknown = JSON.parse(text);
    if (isJsonObject(settings)) return settings;
    throw new Error('it is no JSON object');
  } catch (error) {
    throw new RuntimeFailure(
      'invalid-request',
      `--settings ${value} can't be used: ${messageOf(error)}; give a JSON file, or JSON`,
      { cause: error },
    );
  }
}

function isJsonObject(value: unknown): value is JsonObject {
  return isRecord(value);
}

/** An option with a value among arguments, as `--name value` or `--name=value`. */
interface FoundOption {
  readonly value: string;
  /** The arguments without it. */
  readonly others: readonly string[];
}

/** The last of its kind, which is the one that counts; all of them are taken out of the others. */
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

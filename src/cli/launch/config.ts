import { resolveSettings } from '../../config/settings.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import { CLAUDE } from '../../launch/agents/claude.ts';
import { claudeSettings } from '../../launch/claude/settings.ts';
import { claudeEnvironment } from '../../launch/claude/environment.ts';
import type { AgentModel } from '../../launch/agent-model.ts';
import { describeChanges } from '../../launch/settings/edit.ts';
import {
  applySettings,
  claudeSettingsFile,
  planSettings,
  restoreSettings,
} from '../../launch/settings/file.ts';
import type { CliContext } from '../context.ts';
import type { LaunchOptions } from './model.ts';
import { withLaunchedModel } from './session.ts';
import { addressOf } from '../server-address.ts';
import { declined } from '../ui/declined.ts';
import { say } from '../ui/report.ts';
import type { ServerFlags } from '../declaration.ts';

/** Runs `portico launch claude --config`: shows the change of the user's settings, then writes it. */
export async function configureClaude(
  flags: ServerFlags,
  options: LaunchOptions,
  context: CliContext,
): Promise<number> {
  const { port, url } = addressOf(flags, context.environment);
  if (port === 0 && flags.url === undefined) {
    throw new RuntimeFailure(
      'invalid-request',
      'settings need an address that stays, and port 0 is a different one each time; set one with --port',
    );
  }
  const file = claudeSettingsFile(context.environment);
  // Report an invalid file before a model is loaded in vain.
  await planSettings(file, {});
  return withLaunchedModel(CLAUDE, options, flags, context, async (model, server) => {
    const code = await configure(file, model, options, context);
    if (code === 0 && server.logFile !== undefined) {
      say(`claude needs a server at ${url} from now on: portico serve`, context);
    }
    return code;
  });
}

async function configure(
  file: string,
  model: AgentModel,
  { yes, asker }: LaunchOptions,
  context: CliContext,
): Promise<number> {
  const { environment } = context;
  const settings = claudeSettings(claudeEnvironment(model, environment));
  const { changes } = await planSettings(file, settings);
  if (changes.length === 0) {
    say(`${file} is already set up`, context);
    return 0;
  }
  say(`${file}:\n${describeChanges(changes)}`, context);
  if (!yes) await agree(asker, file);
  const { paths } = resolveSettings({ insecure: true }, environment);
  const backup = await applySettings(file, settings, paths.dataFolder);
  const saved = backup === undefined ? '' : `, backup: ${backup}`;
  say(`written${saved}; portico launch claude --restore undoes it`, context);
  return 0;
}

async function agree(asker: LaunchOptions['asker'], file: string): Promise<void> {
  if (asker === undefined) {
    throw new RuntimeFailure(
      'invalid-request',
      `${file} is not changed, because there is no terminal to confirm it; allow it with -y`,
    );
  }
  if (!(await asker.confirm('Write this?'))) {
    throw declined('changed');
  }
}

/** Runs `portico launch claude --restore`: removes from the user's settings what `--config` wrote. */
export async function restoreClaude(context: CliContext): Promise<number> {
  const { environment } = context;
  const file = claudeSettingsFile(environment);
  const { paths } = resolveSettings({ insecure: true }, environment);
  const undone = await restoreSettings(file, paths.dataFolder);
  if (undone.kind === 'nothing') {
    say(`${file} has no settings of Portico`, context);
    return 0;
  }
  const left = undone.kept.map(({ path }) => path.join('.'));
  const kept = `, except what was changed since: ${left.join(', ')}`;
  say(`${file} is restored${left.length === 0 ? '' : kept}`, context);
  return 0;
}

import { resolveSettings } from '../../config/settings.ts';
import { contextWarnings } from '../../launch/choices.ts';
import { CLAUDE } from '../../launch/claude/claude.ts';
import { claudeEnvironment, ELSEWHERE } from '../../launch/environment.ts';
import { describeModel, findOccupant, slotsOf } from '../../launch/server.ts';
import { guessSyntax, shellScript } from '../../launch/shell.ts';
import type { ShellSyntax } from '../../launch/shell.ts';
import type { CliContext } from '../context.ts';
import { chooseModel } from '../launch/model.ts';
import { ANY_KEY } from '../launch/ready.ts';
import { openServer } from '../launch/server.ts';
import { warn, writeJson, writeScript } from '../ui/report.ts';
import { addressOf } from '../running-server.ts';
import type { ServerFlags } from '../running-server.ts';

export interface EnvironmentFlags extends ServerFlags {
  readonly model?: string;
  readonly small?: string;
  readonly shell?: ShellSyntax;
  readonly json?: boolean;
}

/** `portico env`: the environment for programs that are started otherwise. */
export async function printEnvironment(
  flags: EnvironmentFlags,
  context: CliContext,
): Promise<number> {
  const { environment } = context;
  const { paths, defaultModel } = resolveSettings({ insecure: true }, environment);
  const defaults = { dataFolder: paths.dataFolder, defaultModel };
  const { url, key } = addressOf(flags, environment);
  const isRunning = (await findOccupant({ url, key })).kind === 'portico';
  // Where none runs, one is started aside for a moment: only a server knows a model's context.
  const server = await openServer(isRunning ? flags : { ...flags, port: '0' }, context);
  try {
    const wish = { model: flags.model, yes: false, asker: undefined };
    const name = await chooseModel(wish, server, defaults, context);
    const { address } = server;
    const model = {
      baseUrl: url,
      key: key ?? ANY_KEY,
      ...(await describeModel(address, name)),
      slots: await slotsOf(address, name),
      ...(flags.small !== undefined && { small: await describeModel(address, flags.small) }),
    };
    const set = claudeEnvironment(model, environment);
    const syntax = flags.shell ?? guessSyntax(environment['SHELL'], process.platform);
    if (flags.json === true) writeJson({ set, unset: ELSEWHERE }, context);
    else writeScript(shellScript(syntax, set, ELSEWHERE), context);
    for (const warning of contextWarnings(CLAUDE, model)) warn(`Warning: ${warning}.`, context);
    if (!isRunning) warn(`No Portico answers at ${url} yet; start it with: portico serve`, context);
    return 0;
  } finally {
    await server.close();
  }
}

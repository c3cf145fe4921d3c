import { Option } from 'commander';
import type { ShellSyntax } from '../../launch/shell.ts';
import type { CliContext } from '../context.ts';
import { withServer } from '../declaration.ts';
import type { Declare, ServerFlags } from '../declaration.ts';
import { warn, printJson, writeScript } from '../ui/report.ts';

/** Values of `--shell`; the syntax of bash works in zsh too. */
const SYNTAXES = ['bash', 'fish', 'powershell'] as const satisfies readonly ShellSyntax[];

interface EnvironmentFlags extends ServerFlags {
  readonly model?: string;
  readonly small?: string;
  readonly shell?: ShellSyntax;
  readonly json?: boolean;
}

/** Declares `portico env`, which prints the environment for clients that the user starts. */
export const declareEnv: Declare = (program, context, exit) => {
  withServer(
    program
      .command('env')
      .description(
        'print the environment that connects a client to a model, for a shell to evaluate',
      )
      .option('--model <name>', 'the model or an alias; otherwise the last choice, or the default')
      .option('--small <name>', 'a smaller model for side requests, such as titles')
      .addOption(
        new Option('--shell <shell>', 'syntax to print, instead of the one of your $SHELL').choices(
          SYNTAXES,
        ),
      )
      .option('--json', 'as JSON'),
  ).action(async (flags: EnvironmentFlags) => {
    exit.code = await printEnvironment(flags, context);
  });
};

async function printEnvironment(flags: EnvironmentFlags, context: CliContext): Promise<number> {
  const { contextWarnings } = await import('../../launch/choices.ts');
  const { CLAUDE } = await import('../../launch/agents/claude.ts');
  const { claudeEnvironment, ELSEWHERE } = await import('../../launch/claude/environment.ts');
  const { guessSyntax, shellScript } = await import('../../launch/shell.ts');
  const { environmentModel } = await import('../launch/environment-model.ts');
  const { model, isRunning } = await environmentModel(flags, context);
  const set = claudeEnvironment(model, context.environment);
  const syntax = flags.shell ?? guessSyntax(context.environment['SHELL'], process.platform);
  if (flags.json === true) printJson({ set, unset: ELSEWHERE }, context);
  else writeScript(shellScript(syntax, set, ELSEWHERE), context);
  for (const warning of contextWarnings(CLAUDE, model)) warn(`Warning: ${warning}.`, context);
  if (!isRunning) {
    warn(`No Portico answers at ${model.baseUrl} yet; start it with: portico serve`, context);
  }
  return 0;
}

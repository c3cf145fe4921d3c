import { Command, CommanderError } from 'commander';
import { declareCache } from './commands/cache.ts';
import { declareCompletion } from './commands/completion.ts';
import { declareCp } from './commands/cp.ts';
import { declareDefault } from './commands/default.ts';
import { declareEngine } from './commands/engine.ts';
import { declareEnv } from './commands/env.ts';
import { declareLaunch } from './commands/launch.ts';
import { declareLs } from './commands/ls.ts';
import { declareNames } from './commands/names.ts';
import { declarePs } from './commands/ps.ts';
import { declarePull } from './commands/pull.ts';
import { declareRm } from './commands/rm.ts';
import { declareRun } from './commands/run.ts';
import { declareServe } from './commands/serve.ts';
import { declareService } from './commands/service.ts';
import { declareShow } from './commands/show.ts';
import { declareStore } from './commands/store.ts';
import { declareStop } from './commands/stop.ts';
import type { CliContext } from './context.ts';
import type { Declare, Exit } from './declaration.ts';
import { printableLine } from './ui/printable.ts';
import { reportError } from './ui/report.ts';
import { readVersion } from './version.ts';

/**
 * Runs a command line and returns the exit code. An error is one line on stderr and exit code 1. Actions
 * import their modules only when they run, so that `--help` and `--version` stay fast.
 *
 * @param argv arguments after the program's name
 */
export async function runCommandLine(
  argv: readonly string[],
  context: CliContext,
): Promise<number> {
  const exit = { code: 0 };
  const { own, passed } = splitPassed(argv);
  try {
    await createProgram(own[0], context, exit, passed).parseAsync(usual(own), { from: 'user' });
    return exit.code;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode;
    }
    reportError(error, context);
    return 1;
  }
}

/** Splits off the arguments after the first `--` if the command passes them on. Commander would mix both kinds. */
function splitPassed(argv: readonly string[]) {
  const at = PASSING.includes(argv[0] ?? '') ? argv.indexOf('--') : -1;
  return at < 0
    ? { own: argv, passed: [] }
    : { own: argv.slice(0, at), passed: argv.slice(at + 1) };
}

/** Rewrites spellings that are not declared: an empty command line, `-V` and `version`. */
function usual(own: readonly string[]): readonly string[] {
  const [first, ...rest] = own;
  if (first === undefined) return ['--help'];
  return first === '-V' || first === 'version' ? ['--version', ...rest] : own;
}

/** Commands in the order of `--help`. */
const COMMANDS: readonly Declare[] = [
  declareServe,
  declareRun,
  declarePull,
  declareShow,
  declareLs,
  declareCp,
  declareRm,
  declareDefault,
  declarePs,
  declareStop,
  declareCache,
  declareStore,
  declareEngine,
  declareLaunch,
  declareEnv,
  declareService,
  declareCompletion,
  declareNames,
];

/** Commands that pass on the arguments after the first `--`: to an agent, or to the server of a service. */
const PASSING = ['launch', 'service'];

/** @param first first argument, usually a command */
function createProgram(
  first: string | undefined,
  context: CliContext,
  exit: Exit,
  passed: readonly string[],
): Command {
  const help = (): string => {
    const command = program.commands.find(
      (one) => first !== undefined && [one.name(), ...one.aliases()].includes(first),
    );
    return ['portico', ...(command === undefined ? [] : [command.name()]), '--help'].join(' ');
  };
  const program = new Command('portico')
    .description('The Anthropic Messages API over models that run on your own machine')
    .version(readVersion(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: (text, write) =>
        write(
          `${printableLine(text)
            .replace(/^error:/, 'Error:')
            .replace(/\.$/, '')}; see: ${help()}\n`,
        ),
    });
  for (const declare of COMMANDS) declare(program, context, exit, passed);
  return program;
}

import { Command, CommanderError } from 'commander';
import { declareService } from './commands/service.ts';
import type { CliContext } from './context.ts';
import { declareAnswering } from './declarations/answering.ts';
import { declareCompletion } from './declarations/completion.ts';
import type { Exit } from './declarations/declaration.ts';
import { declareLaunching } from './declarations/launching.ts';
import { declareModels } from './declarations/models.ts';
import { declareRegistry } from './declarations/registry.ts';
import { declareRunning } from './declarations/running.ts';
import { splitPassed } from './passed.ts';
import { oneLine } from './ui/printable.ts';
import { reportError } from './ui/report.ts';
import { readVersion } from './version.ts';

/**
 * Runs a command line, without the program's name, and returns the exit code. What goes wrong is
 * one line on stderr and exit code 1. Actions are imported only when they run, so that `--help` and
 * `--version` stay fast.
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

/** A command line in the words that are declared: help if there is none, `-V` and `version` alike. */
function usual(own: readonly string[]): readonly string[] {
  const [first, ...rest] = own;
  if (first === undefined) return ['--help'];
  return first === '-V' || first === 'version' ? ['--version', ...rest] : own;
}

/** In the order of `--help`. */
const DECLARATIONS = [
  declareAnswering,
  declareModels,
  declareRegistry,
  declareRunning,
  declareLaunching,
  declareService,
  declareCompletion,
];

/** @param first word of the command line, as a rule a command */
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
          `${oneLine(text)
            .replace(/^error:/, 'Error:')
            .replace(/\.$/, '')}; see: ${help()}\n`,
        ),
    });
  for (const declare of DECLARATIONS) declare(program, context, exit, passed);
  return program;
}

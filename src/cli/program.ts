import { Command, CommanderError } from 'commander';
import type { ServeFlags } from '../config/settings.ts';
import type { CliContext } from './context.ts';
import { oneLine, reportError } from './report.ts';
import { readVersion } from './version.ts';

const OVERLAY_HELP = 'a models.yaml of yours, instead of the one in the configuration folder';
const THREADS_HELP = 'CPU threads of an engine';
const CONTEXT_HELP = 'context in tokens, for models whose entry sets none';
const ENGINE_HELP = "'isolated', a child process for each model, or 'in-process'";

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
  try {
    await createProgram(context, exit).parseAsync([...argv], { from: 'user' });
    return exit.code;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode;
    }
    reportError(error, context);
    return 1;
  }
}

/** Where an action leaves its exit code. */
interface Exit {
  code: number;
}

function createProgram(context: CliContext, exit: Exit): Command {
  const program = new Command('portico')
    .description('The Anthropic Messages API over models that run on your own machine')
    .version(readVersion(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: (text, write) => write(`${oneLine(text).replace(/^error:/, 'Error:')}\n`),
    });
  declareServe(program, context, exit);
  declareRun(program, context, exit);
  declareList(program, context, exit);
  declareCopy(program, context, exit);
  declareRemove(program, context, exit);
  return program;
}

function declareServe(program: Command, context: CliContext, exit: Exit): void {
  program
    .command('serve')
    .description('serve the Messages API')
    .option('--host <host>', 'address to bind (default: 127.0.0.1 and ::1)')
    .option('--port <port>', 'port to bind; 0 takes a free one (default: 11435)')
    .option('--model <name>', 'model for claude-… names that are no alias, instead of the default')
    .option('--models <file>', OVERLAY_HELP)
    .option('--threads <count>', THREADS_HELP)
    .option('--context <tokens>', CONTEXT_HELP)
    .option('--engine <kind>', ENGINE_HELP)
    .option('--api-key <key>', 'key that clients must show; can be given more than once', collect)
    .option('--insecure', 'let everyone who reaches the address in, without a key')
    .option(
      '--log-level <level>',
      'fatal, error, warn, info, debug, trace or silent (default: info)',
    )
    .action(async (flags: ServeFlags) => {
      const { serve } = await import('./serve.ts');
      exit.code = await serve(flags, context);
    });
}

type RunFlags = Pick<ServeFlags, 'models' | 'threads' | 'context' | 'engine'>;

function collect(value: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), value];
}

function declareRun(program: Command, context: CliContext, exit: Exit): void {
  program
    .command('run')
    .description('talk to a model in the terminal, without a server')
    .argument('[model]', 'the model, or an alias of it; the default where none is given')
    .argument('[prompt]', 'what to say; without it standard input is read')
    .option('--models <file>', OVERLAY_HELP)
    .option('--threads <count>', THREADS_HELP)
    .option('--context <tokens>', CONTEXT_HELP)
    .option('--engine <kind>', ENGINE_HELP)
    .action(async (model: string | undefined, prompt: string | undefined, flags: RunFlags) => {
      const { run } = await import('./run.ts');
      exit.code = await run(model, prompt, flags, context);
    });
}

function declareList(program: Command, context: CliContext, exit: Exit): void {
  program
    .command('ls')
    .alias('list')
    .description('list models and aliases')
    .option('--json', 'as JSON')
    .option('--models <file>', OVERLAY_HELP)
    .action(async (flags: { readonly json?: boolean; readonly models?: string }) => {
      const { list } = await import('./ls.ts');
      exit.code = await list(flags, context);
    });
}

function declareCopy(program: Command, context: CliContext, exit: Exit): void {
  program
    .command('cp')
    .description('give a model another name, such as claude-3-5-sonnet')
    .argument('<source>', 'a model or an alias')
    .argument('<destination>', 'the new alias')
    .option('--models <file>', OVERLAY_HELP)
    .action(async (source: string, destination: string, flags: { readonly models?: string }) => {
      const { copy } = await import('./cp.ts');
      exit.code = await copy(source, destination, flags, context);
    });
}

function declareRemove(program: Command, context: CliContext, exit: Exit): void {
  program
    .command('rm')
    .description('remove aliases and models from your models.yaml; files stay')
    .argument('<name...>', 'aliases or models')
    .option('--models <file>', OVERLAY_HELP)
    .action(async (names: readonly string[], flags: { readonly models?: string }) => {
      const { remove } = await import('./rm.ts');
      exit.code = await remove(names, flags, context);
    });
}

import { join } from 'node:path';
import type { CliContext } from '../context.ts';
import type { Declare } from '../declaration.ts';
import { say, printJson } from '../ui/report.ts';
import { printTable } from '../ui/table.ts';
import type { StoredState } from '../../backends/local/states/record.ts';

const HEADER = ['MODEL', 'TOKENS', 'SIZE', 'SAVES', 'USED', 'CLIENT', 'SESSIONS'];

interface CacheFlags {
  readonly clear?: boolean;
  readonly model?: string;
  readonly json?: boolean;
}

/** Declares `portico cache`, which lists and removes the prefixes that are kept in files. */
export const declareCache: Declare = (program, context, exit) => {
  program
    .command('cache')
    .description('list the prompts whose evaluation is kept in files, or remove them')
    .option('--model <name>', 'those of one model only')
    .option('--clear', 'remove them')
    .option('--json', 'as JSON')
    .action(async (flags: CacheFlags) => {
      await run(flags, context);
      exit.code = 0;
    });
};

async function run(flags: CacheFlags, context: CliContext): Promise<void> {
  const { resolvePaths } = await import('../../config/paths.ts');
  const { allStates } = await import('../../backends/local/states/budget.ts');
  const { removeState } = await import('../../backends/local/states/record.ts');
  const { formatSize } = await import('../../units/size.ts');
  const found = await allStates(join(resolvePaths(context.environment).dataFolder, 'states'));
  const states = found
    .filter(({ record }) => flags.model === undefined || record.model === flags.model)
    .toReversed();
  const size = formatSize(states.reduce((sum, { record }) => sum + record.bytes, 0));
  if (flags.clear === true) {
    for (const { stem } of states) await removeState(stem);
    say(`removed ${counted(states.length)} of ${size}`, context);
    return;
  }
  if (flags.json === true) {
    printJson({ prefixes: states.map(described) }, context);
    return;
  }
  printTable([HEADER, ...(await rowsOf(states))], context);
  say(`${counted(states.length)} of ${size}`, context);
}

function counted(count: number): string {
  return `${count} kept ${count === 1 ? 'prompt' : 'prompts'}`;
}

function described({ record, lastUsed }: StoredState) {
  const { model, tokens, bytes, seconds, sessions, clients = [], isHeld } = record;
  return { model, tokens, bytes, seconds, clients, sessions, breakpoint: isHeld, lastUsed };
}

async function rowsOf(states: readonly StoredState[]): Promise<readonly (readonly string[])[]> {
  const { formatSize } = await import('../../units/size.ts');
  const { formatDuration } = await import('../ui/progress-text.ts');
  return states.map(({ record, lastUsed }) => {
    const { model, tokens, bytes, seconds, sessions, clients = [] } = record;
    const [first = '-', ...others] = sessions;
    return [
      model,
      tokens.toLocaleString('en'),
      formatSize(bytes),
      seconds === 0 ? '-' : formatDuration(seconds),
      `${formatDuration((Date.now() - lastUsed.getTime()) / 1000)} ago`,
      clients.length === 0 ? '-' : clients.join(', '),
      others.length === 0 ? first : `${first} and ${others.length} more`,
    ];
  });
}

import { Argument } from 'commander';
import { SETTINGS } from '../setting-list.ts';
import type { CliContext } from '../context.ts';
import { withSetting } from '../declaration.ts';
import type { Declare } from '../declaration.ts';
import type { EngineFlags } from '../engine/flags.ts';
import { say } from '../ui/report.ts';

type Action = 'list' | 'install' | 'remove';

/** Declares `portico engine`, which installs the program of `engine: llama-server`, and lists those on this machine. */
export const declareEngine: Declare = (program, context, exit) => {
  const command = program
    .command('engine')
    .usage('<action> [options] [llama-server]')
    .description('list the programs of llama-server on this machine, install one, or remove it')
    .addArgument(
      new Argument('<action>', 'what to do').choices(['list', 'install', 'remove'] as const),
    )
    .addArgument(new Argument('[engine]', 'the engine').choices(['llama-server']))
    .option('--release <tag>', 'release of llama.cpp to install (default: the latest)')
    .option(
      '--build <name>',
      'its build, such as cpu or cuda-12.8 (default: with a GPU or without)',
    )
    .option('-y, --yes', 'ask nothing')
    .option('--json', 'list as JSON');
  withSetting(command, SETTINGS.llamaServer).action(
    async (action: Action, _engine: string | undefined, flags: EngineFlags) => {
      exit.code = await run(action, flags, context);
    },
  );
};

async function run(action: Action, flags: EngineFlags, context: CliContext): Promise<number> {
  switch (action) {
    case 'list': {
      const { listEngines } = await import('../engine/list.ts');
      return listEngines(flags, context);
    }
    case 'install': {
      const { installServer } = await import('../engine/install.ts');
      return installServer(flags, context);
    }
    case 'remove':
      return remove(flags, context);
    default:
      return action satisfies never;
  }
}

/** Removes what `portico engine install` has written. */
async function remove(flags: EngineFlags, context: CliContext): Promise<number> {
  const { resolvePaths } = await import('../../config/paths.ts');
  const { removeEngine } = await import('../../download/install-engine.ts');
  const { agree } = await import('../ui/agree.ts');
  const { enginesFolder } = resolvePaths(context.environment);
  await agree(`Remove ${enginesFolder}?`, flags, context);
  const wasThere = await removeEngine(enginesFolder);
  say(wasThere ? 'removed the installed llama-server' : 'no llama-server is installed', context);
  return 0;
}

import type { CliContext } from '../context.ts';
import { withServer } from '../declaration.ts';
import type { Declare, ServerFlags } from '../declaration.ts';
import { say, printJson } from '../ui/report.ts';

type StopFlags = ServerFlags & { readonly force?: boolean; readonly json?: boolean };

/** Declares `portico stop`, which makes a running server unload a model. */
export const declareStop: Declare = (program, context, exit) => {
  withServer(
    program
      .command('stop')
      .description('unload a model of a running server; the next request loads it again')
      .argument('<model>', 'a model or an alias')
      .option('--force', 'unload it even while it answers; those answers are cut off')
      .option('--json', 'as JSON'),
  ).action(async (model: string, flags: StopFlags) => {
    exit.code = await stop(model, flags, context);
  });
};

async function stop(model: string, flags: StopFlags, context: CliContext): Promise<number> {
  const { stopModel } = await import('../../launch/client.ts');
  const { addressOf } = await import('../server-address.ts');
  const address = addressOf(flags, context.environment);
  const stopped = await stopModel(address, model, flags.force === true);
  if (flags.json === true) printJson(stopped, context);
  else say(`stopped '${model}'`, context);
  return 0;
}

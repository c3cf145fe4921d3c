import type { Command } from 'commander';
import type { Declare } from './declaration.ts';
import type { ServerFlags } from '../running-server.ts';

/** Commands on a server that runs: `ps` and `stop`. */
export const declareRunning: Declare = (program, context, exit) => {
  withServer(
    program
      .command('ps')
      .description('list the models that a running server has loaded')
      .option('--json', 'as JSON'),
  ).action(async (flags: ServerFlags & { readonly json?: boolean }) => {
    const { listLoaded } = await import('../commands/ps.ts');
    exit.code = await listLoaded(flags, context);
  });
  withServer(
    program
      .command('stop')
      .description('have a running server free a model’s memory; the next request loads it again')
      .argument('<model>', 'a model or an alias')
      .option('--force', 'even while it answers: those answers break off')
      .option('--json', 'as JSON'),
  ).action(
    async (
      model: string,
      flags: ServerFlags & { readonly force?: boolean; readonly json?: boolean },
    ) => {
      const { stop } = await import('../commands/stop.ts');
      exit.code = await stop(model, flags, context);
    },
  );
};

/** Which server, and how to be let in. */
export function withServer(command: Command): Command {
  return command
    .option('--host <host>', 'its address (default: 127.0.0.1)')
    .option('--port <port>', 'its port (default: 11435)')
    .option('--url <url>', 'its address and port as one URL')
    .option('--api-key <key>', 'a key that it takes, where it asks for one')
    .option('--api-key-file <file>', 'a file with such a key');
}

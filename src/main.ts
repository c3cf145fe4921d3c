import { processContext } from './cli/context.ts';
import { runCommandLine } from './cli/program.ts';

// A reader that has seen enough, such as `head`, is no mistake.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

// A log that can't be written, on a full disk perhaps, is no reason to answer nobody.
process.stderr.on('error', () => undefined);

// Set, not passed to exit: what stdout still holds is written first.
process.exitCode = await runCommandLine(process.argv.slice(2), processContext());

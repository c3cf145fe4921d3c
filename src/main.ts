import { processContext } from './cli/context.ts';
import { runCommandLine } from './cli/program.ts';

// A reader that closes the pipe early, such as `head`, is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

// The server continues if the log can't be written, for example on a full disk.
process.stderr.on('error', () => undefined);

// Set, not passed to `exit`, so that buffered output is written first.
process.exitCode = await runCommandLine(process.argv.slice(2), processContext());

import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import type * as Program from '../../src/cli/program.ts';
import { PACKAGE } from './engine-variant.ts';
import { commandEnvironment } from './server.ts';
import type { CommandResult } from './server.ts';

/**
 * Runs a command line of the built package in this process, which saves the start of one. Signals,
 * terminals and agents, which inherit their streams from the process, need `runPortico`.
 */
export async function runHere(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input = '',
): Promise<CommandResult> {
  const { runCommandLine }: typeof Program = await import(PROGRAM);
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await runCommandLine(args, {
    stdout,
    stderr,
    stdin: Readable.from([input]),
    environment: commandEnvironment({ HOME: NO_HOME, PORTICO_HOME: NO_HOME, ...environment }),
  });
  const text = (stream: PassThrough): string => String(stream.read() ?? '');
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Folder that does not exist: tests must not see the files of this machine's user. */
const NO_HOME = path.join(tmpdir(), 'portico-no-home');

// Built, since engines and threads start from built files.
const PROGRAM = pathToFileURL(path.join(PACKAGE, 'dist/cli/program.js')).href;

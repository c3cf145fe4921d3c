import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { onTestFinished } from 'vitest';
import { runCommandLine } from '../../src/cli/program.ts';
import { OFFLINE_NPM } from '../support/offline-npm.ts';
import { runPortico } from '../support/server.ts';
import type { CommandResult } from '../support/server.ts';

/** A `PORTICO_HOME` of a test's own, and the built command line in it. */
export interface Home {
  readonly registryFile: string;
  /** What its commands run with. */
  readonly environment: Readonly<Record<string, string>>;
  readonly portico: (...args: string[]) => Promise<CommandResult>;
}

/** Makes one, with the text of a models.yaml where it is given. */
export async function makeHome(
  registry?: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Home> {
  const home = await mkdtemp(join(tmpdir(), 'portico-cli-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const registryFile = join(home, 'models.yaml');
  if (registry !== undefined) {
    await writeFile(registryFile, registry);
  }
  const environment = { ...variables, PORTICO_HOME: home };
  return { registryFile, environment, portico: (...args) => runPortico(args, environment) };
}

/** Runs a command line in this process, which takes no time to start one. */
export async function runHere(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const context = {
    stdout,
    stderr,
    stdin: new PassThrough(),
    environment: { ...OFFLINE_NPM, ...environment },
  };
  const code = await runCommandLine(argv, context);
  const text = (stream: PassThrough): string => String(stream.read() ?? '');
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

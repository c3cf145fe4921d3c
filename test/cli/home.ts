import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runHere } from '../support/command-line.ts';
import type { CommandResult } from '../support/server.ts';

/** A `PORTICO_HOME` of a test's own, and the command line in it. */
export interface Home {
  readonly registryFile: string;
  /** What its commands run with. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs a command line in this process. */
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
  return { registryFile, environment, portico: (...args) => runHere(args, environment) };
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runHere } from '../support/command-line.ts';
import { writeFileFacts } from '../support/file-facts.ts';
import type { CommandResult } from '../support/server.ts';

/** Folder for a test as `PORTICO_HOME`, and the command line in it. */
export interface Home {
  readonly registryFile: string;
  /** Environment of its commands. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs a command line in this process. */
  readonly portico: (...args: string[]) => Promise<CommandResult>;
}

/** Creates a home. `registry` is the text of its models.yaml; if undefined, there is none. */
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
  await writeFileFacts(home);
  const environment = { ...variables, PORTICO_HOME: home };
  return { registryFile, environment, portico: (...args) => runHere(args, environment) };
}
